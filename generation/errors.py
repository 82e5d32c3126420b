"""What can go wrong when an answer is written; the tree is drawn in `ingest/errors.py`."""

from collections.abc import Sequence

from generation.types import Citation
from ingest.errors import UnavailableError
from retrieval.types import Hit


class GenerationError(UnavailableError):
    """The generator failed; its cause says whether in time. What was found is not lost: `hits` are the passages that
    it was to read, and `citations` the sentences in them that answer the question best."""

    def __init__(self, message: str, hits: Sequence[Hit], citations: Sequence[Citation]) -> None:
        super().__init__(message)
        self.hits, self.citations = tuple(hits), tuple(citations)
