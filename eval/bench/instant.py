"""A server with OpenAI's chat protocol that answers at once, with the first sentence of the first passage: `python
instant.py` prints its port, and ends when its standard input does. It counts words for tokens, as vLLM and llama.cpp
count tokens. Nothing but the standard library, so that it starts at once."""

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PASSAGE = re.compile(r"<passage \[(\d+)\]>\n[^\n]*\n(.*?)\n</passage>", re.DOTALL)
_SENTENCE = re.compile(r"[^.!?\n]{12,}[.!?]")


class Instant(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/tokenize":
            self._reply(json.dumps({"tokens": asked["content"].split()}).encode(), "application/json")
        else:
            self._reply(streamed(answer(asked["messages"][-1]["content"])), "text/event-stream")

    def _reply(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


def answer(prompt: str) -> str:
    for marker, text in _PASSAGE.findall(prompt):
        if found := _SENTENCE.search(text):
            return f"{found.group().strip()} [{marker}]"
    return "I don't know."


def streamed(text: str) -> bytes:
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    return b"".join(f"data: {one}\n\n".encode() for one in [*map(json.dumps, chunks), "[DONE]"])


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), Instant) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown()
