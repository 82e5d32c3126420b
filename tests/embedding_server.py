"""An embedding server on a real socket: a real model behind the two protocols, and mishaps on demand."""

import json
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ingest.ports import Embedder
from tests.serving import in_a_thread

KEY = "sk-very-secret"
MAX_CLIENT_BATCH = 4


class EmbeddingServer(ThreadingHTTPServer):
    """`POST /v1/embeddings`, `POST /embed`, `GET /info`. Whoever has another key than KEY gets a 401.

    `mishaps` are given out first, one a request: a status, or a body to send with 200, or seconds to stay silent.
    Like the real ones it refuses what is too long (OpenAI) or too many at once (TEI).
    """

    daemon_threads = True

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.embedder = embedder
        self.mishaps: list[int | float | bytes] = []
        self.requests: list[tuple[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def openai(self, body: dict[str, Any]) -> tuple[int, object]:
        texts = body["input"]
        if not all(texts) or any(self._tokens(text) > self.embedder.max_tokens for text in texts):
            return 400, {"error": {"message": "input is empty or too long"}}
        items = [{"object": "embedding", "index": row, "embedding": one} for row, one in enumerate(self._rows(texts))]
        return 200, {"object": "list", "model": body["model"], "data": items[::-1]}

    def tei(self, body: dict[str, Any]) -> tuple[int, object]:
        texts = body["inputs"]
        too_long = not body["truncate"] and any(self._tokens(text) > self.embedder.max_tokens for text in texts)
        if too_long or len(texts) > MAX_CLIENT_BATCH or not all(texts):
            return 422, {"error": "batch or input too large", "error_type": "Validation"}
        return 200, self._rows(texts)

    def info(self) -> dict[str, Any]:
        limits = {"max_input_length": self.embedder.max_tokens, "max_client_batch_size": MAX_CLIENT_BATCH}
        return {"model_id": f"served/{self.embedder.name}", **limits}

    def _rows(self, texts: Sequence[str]) -> list[list[float]]:
        rows: list[list[float]] = (3 * self.embedder.embed_documents(texts)).tolist()  # not of unit length
        return rows

    def _tokens(self, text: str) -> int:
        return len(self.embedder.token_spans(text)) + 2


class _Handler(BaseHTTPRequestHandler):
    server: EmbeddingServer

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def _answer(self, body: Any) -> None:
        self.server.requests.append((self.path, body))
        mishap = self.server.mishaps.pop(0) if self.server.mishaps else None
        match mishap:
            case int():
                self._reply(mishap, {"error": f"Incorrect key: {self.headers.get('authorization')}"})
            case float():
                time.sleep(mishap)
                self.close_connection = True
            case bytes():
                self._reply(200, mishap)
            case None:
                self._reply(*self._served(body))

    def _served(self, body: Any) -> tuple[int, object]:
        if self.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": "wrong key"}
        match self.path:
            case "/v1/embeddings":
                return self.server.openai(body)
            case "/embed":
                return self.server.tei(body)
            case "/info":
                return 200, self.server.info()
        return 404, {"error": "no such path"}

    def _reply(self, status: int, content: object) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


def serving(embedder: Embedder) -> AbstractContextManager[EmbeddingServer]:
    return in_a_thread(EmbeddingServer(embedder))
