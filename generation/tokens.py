"""How many tokens a language model behind a server reads in a text."""

import math
import re
import time
from collections.abc import Callable
from typing import Any

from ingest.errors import UnavailableError
from retrieval.http import Endpoint

REST_S = 60.0
"""So long a server that did not count is not asked to."""
_WORD = re.compile(r"[^\W\d_]+")
_BEFORE_WORD, _SPACES = re.compile(r"[^\S\n]+(?=[^\W\d_])"), re.compile(r"[^\S\n]+")


class ServerCount:
    """Tokens as the server itself counts them (`POST /tokenize` of llama.cpp and vLLM), else `estimate`.

    Args:
        endpoint: at the server's root address.
    """

    def __init__(self, endpoint: Endpoint, model: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._endpoint, self._model, self._clock = endpoint, model, clock
        self._asked_from = -math.inf

    def __call__(self, text: str) -> int:
        if self._clock() < self._asked_from:
            return estimate(text)
        try:
            # vLLM reads model and prompt, llama.cpp content.
            reply = self._endpoint.post("/tokenize", {"model": self._model, "prompt": text, "content": text})
        except UnavailableError:  # most servers cannot count, which is no fault
            reply = None
        counted = _counted(reply)
        if counted is None:
            self._asked_from = self._clock() + REST_S
        return estimate(text) if counted is None else counted


def estimate(text: str) -> int:
    """From UTF-8 bytes, and rather too many: of each word a third of its bytes, rounded up, and one for each byte of
    everything else but the spaces before words. Tokenizers differ most in figures: some make a token of each digit."""
    words = _WORD.findall(text)
    others = _SPACES.sub(" ", _WORD.sub("", _BEFORE_WORD.sub("", text)))
    return sum(math.ceil(len(word.encode()) / 3) for word in words) + len(others.encode(errors="replace"))


def _counted(reply: Any) -> int | None:
    match reply:
        case {"count": int(count)} if count >= 0:
            return count
        case {"tokens": list(tokens)}:
            return len(tokens)
    return None
