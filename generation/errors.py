"""What can go wrong when an answer is written; the tree is drawn in `ingest/errors.py`."""

from collections.abc import Sequence

from generation.types import Answer, Citation
from ingest.errors import UnavailableError
from retrieval.types import Hit


class GenerationError(UnavailableError):
    """The generator failed; its cause says whether in time. What was found is not lost: `hits` are the passages that
    it was to read, and `citations` the sentences in them that answer the question best; `so_far` says what else had
    come of it."""

    def __init__(
        self, message: str, hits: Sequence[Hit], citations: Sequence[Citation], so_far: Answer | None = None
    ) -> None:
        super().__init__(message)
        self.hits, self.citations, self.so_far = tuple(hits), tuple(citations), so_far
