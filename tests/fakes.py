"""Real, small adapters for tests: deterministic, fast, and held to the same contract suites as the big ones."""

import hashlib
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.types import Prompt, Usage
from ingest.errors import UnreadableFileError
from ingest.types import Section

_WORD = re.compile(r"\S+")


class HashEmbedder:
    """Port `Embedder`: bag of words, each word hashed to one signed dimension. A token is a run of non-space."""

    name = "hash"

    def __init__(self, dimension: int = 32, max_tokens: int = 256) -> None:
        self._dimension, self._max_tokens = dimension, max_tokens
        self.embedded: list[str] = []
        """Every document text that was embedded, in order."""

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [found.span() for found in _WORD.finditer(text)]

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        return np.stack([self.embed_query(text) for text in texts]) if texts else np.zeros((0, self.dimension), "f4")

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector = np.zeros(self._dimension, np.float32)
        vector[0] = 1e-3  # a text without words has a direction, too
        for word in _WORD.findall(text)[: self._max_tokens - 2]:
            slot, sign = _place(word, self._dimension)
            vector[slot] += sign
        return vector / np.linalg.norm(vector)


class TextParser:
    """Port `Parser` for plain text: a section a paragraph; a paragraph that starts with `#` is a heading.

    `broken` in a file makes it unreadable. `parsed` lists the files that were read, in order.
    """

    def __init__(self) -> None:
        self.parsed: list[str] = []

    def parse(self, path: Path) -> list[Section]:
        self.parsed.append(path.name)
        text = path.read_text(encoding="utf-8")
        if "broken" in text:
            raise UnreadableFileError(f"{path.name} is broken; mend it.")
        return list(_sections(text))


class ScriptedGenerator:
    """Port `Generator` that says what it was given; `closed` tells whether its work was stopped or done.

    An error among the pieces is raised when its turn comes.
    """

    name = "scripted"

    def __init__(self, *pieces: str | Usage | Exception) -> None:
        self._pieces = pieces
        self.prompts: list[Prompt] = []
        self.closed = False

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        self.prompts.append(prompt)
        try:
            for piece in self._pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed = True


def _place(word: str, dimension: int) -> tuple[int, float]:
    digest = hashlib.blake2b(word.casefold().strip(".,;:!?").encode(), digest_size=8).digest()
    return int.from_bytes(digest[:4], "big") % dimension, 1.0 if digest[4] % 2 else -1.0


def _sections(text: str) -> Iterator[Section]:
    headings: tuple[str, ...] = ()
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("#"):
            headings = (paragraph.lstrip("# ").strip(),)
        elif paragraph.strip():
            yield Section(paragraph, headings=headings)
