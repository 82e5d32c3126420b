"""A server with OpenAI's chat protocol on a real socket: it quotes the first passage, and has mishaps on demand."""

import json
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

from tests.serving import in_a_thread

KEY = "sk-very-secret"
USAGE = {"prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97}
EVENTS = "text/event-stream; charset=utf-8"
_FIRST = re.compile(r"<passage \[(\d+)\]>\n.*\n(.*)")


class ChatServer(ThreadingHTTPServer):
    """`POST /v1/chat/completions`. Whoever has another key than KEY gets a 401.

    `mishaps` are given out first, one a request. `left`: when clients went away in the middle of an answer.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mishaps: list[Mishap] = []
        self.requests: list[tuple[str, Any]] = []
        self.left: list[float] = []
        self.counts = False
        """Whether `POST /tokenize` counts words, as llama.cpp counts tokens."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.requests.append((self.path, body))
        try:
            self._answer(body)
        except (BrokenPipeError, ConnectionResetError):
            self.server.left.append(time.monotonic())

    def _answer(self, body: Any) -> None:
        if self.path == "/tokenize" and self.server.counts:
            self.reply(200, json.dumps({"tokens": body["content"].split()}).encode())
        elif self.path != "/v1/chat/completions":
            self.reply(404, b"{}")
        elif self.headers.get("authorization") != f"Bearer {KEY}":
            self.reply(401, json.dumps({"error": f"Incorrect key {self.headers.get('authorization')}"}).encode())
        elif self.server.mishaps:
            self.server.mishaps.pop(0)(self)
        else:
            self.reply(200, *answer(*_quoted(body)), content_type=EVENTS)

    def reply(self, status: int, *parts: bytes, content_type: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        for part in parts:
            self.wfile.write(part)

    def log_message(self, *arguments: object) -> None:
        pass


Mishap: TypeAlias = Callable[[_Handler], None]


def event(content: object) -> bytes:
    return f"data: {content if isinstance(content, str) else json.dumps(content)}\n\n".encode()


def piece(text: str | None, finish: str | None = None) -> bytes:
    delta = {"content": text} if text is not None else {}
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def answer(*pieces: str) -> list[bytes]:
    """As llama.cpp sends it, with a comment that keeps the connection alive."""
    usage = event({"choices": [], "usage": USAGE})
    return [b": ping\n\n", piece(None), *map(piece, pieces), piece(None, "stop"), usage, event("[DONE]")]


def status(code: int, **headers: str) -> Mishap:
    return lambda handler: handler.reply(code, b'{"error": "the words of a server"}', **headers)


def sends(*parts: bytes, pause_s: float = 0.0, content_type: str = EVENTS, **headers: str) -> Mishap:
    """These bytes with a pause before each, then the end of the connection."""

    def send(handler: _Handler) -> None:
        handler.reply(200, content_type=content_type, **headers)
        for part in parts:
            time.sleep(pause_s)
            handler.wfile.write(part)

    return send


def silent(seconds: float) -> Mishap:
    return lambda handler: time.sleep(seconds)


def drips(part: bytes, pause_s: float, first: bytes = b"") -> Mishap:
    """`first`, then `part` again and again until the client has gone."""

    def drip(handler: _Handler) -> None:
        handler.reply(200, first, content_type=EVENTS)
        for _ in range(round(30 / pause_s)):
            time.sleep(pause_s)
            handler.wfile.write(part)

    return drip


def _quoted(body: Any) -> list[str]:
    found = _FIRST.search(body["messages"][-1]["content"])
    said = f"{found[2]} [{found[1]}]" if found else "I don't know."
    return [said[:5], said[5:]]


def chatting() -> AbstractContextManager[ChatServer]:
    return in_a_thread(ChatServer())
