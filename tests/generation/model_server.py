"""A server that lists its models, as a program: `python model_server.py PORT HOW`. `HOW` says how it behaves."""

import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        refused = (
            "VLLM_API_KEY" in os.environ and self.headers["authorization"] != f"Bearer {os.environ['VLLM_API_KEY']}"
        )
        unwell = sys.argv[2] == "loads" and self.path == "/health" and time.monotonic() < STARTED + 0.5
        self.send_response(401 if refused else 503 if unwell else 200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


STARTED = time.monotonic()
port, how = int(sys.argv[1]), sys.argv[2]
if how == "fails":
    sys.stderr.write("Loading the weights\n\nRuntimeError: CUDA out of memory\n")
    sys.exit(3)
if how == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
worker = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
sys.stderr.write(f"{os.getpid()} {worker.pid} {sorted(name for name in os.environ if name.startswith('CITEWELL'))}\n")
if how == "silent":
    signal.pause()
HTTPServer(("127.0.0.1", port), _Handler).serve_forever()
