"""A wrapper that shows hits with what stands before and after them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

from ingest.types import Chunk, chunk_id
from retrieval.ports import Searcher, Store
from retrieval.types import Hit, Query


class NeighbourSearcher:
    """Port `Searcher` round another one: each hit grows by up to `reach` chunks on either side, within its section and
    page, so that place and headings stay true; hits that meet become one, at the better one's rank.

    Args:
        text_of: document id -> its text, which the characters of chunks refer to.
    """

    def __init__(self, inner: Searcher, store: Store, text_of: Callable[[str], str], reach: int = 1) -> None:
        self._inner, self._store, self._text_of, self._reach = inner, store, text_of, reach

    def search(self, query: Query) -> list[Hit]:
        hits = self._inner.search(query)
        passages = _passages([hit.chunk for hit in hits], self._around(query, hits), self._reach)
        text_of = cache(self._text_of)
        grown: list[Hit] = []
        taken: set[str] = set()
        for hit in hits:
            if hit.chunk.id not in taken:
                passage = [chunk for _, chunk in sorted(passages[hit.chunk.id].items())]
                taken |= {chunk.id for chunk in passage}
                grown.append(replace(hit, chunk=whole(hit.chunk, passage, text_of)))
        return grown

    def _around(self, query: Query, hits: Iterable[Hit]) -> dict[str, Chunk]:
        """Chunk id -> chunk, of the hits and of all that may stand beside them."""
        wanted = {
            chunk_id(hit.chunk.document_id, hit.chunk.revision, position)
            for hit in hits
            for position in range(max(0, hit.chunk.position - self._reach), hit.chunk.position + self._reach + 1)
        }
        return {chunk.id: chunk for chunk in self._store.fetch(sorted(wanted), query.access)}


def _passages(starts: Iterable[Chunk], around: dict[str, Chunk], reach: int) -> dict[str, dict[int, Chunk]]:
    """Chunk id of each start -> position -> chunk, of the passage round it: its window, and those that share a chunk
    with it."""
    windows = [(start, _window(start, around, reach)) for start in starts]
    windows.sort(key=lambda item: (item[0].document_id, min(item[1])))
    found: dict[str, dict[int, Chunk]] = {}
    passage: dict[int, Chunk] = {}
    document = ""
    for start, window in windows:
        if start.document_id != document or min(window) not in passage:
            document, passage = start.document_id, {}
        passage |= window
        found[start.id] = passage
    return found


def _window(start: Chunk, around: dict[str, Chunk], reach: int) -> dict[int, Chunk]:
    """Position -> chunk, of those within reach."""
    found = {start.position: start}
    for step in (-1, 1):
        for distance in range(1, reach + 1):
            position = start.position + step * distance
            beside = _beside(start, position, around)
            if beside is None:
                break
            found[position] = beside
    return found


def _beside(start: Chunk, position: int, around: dict[str, Chunk]) -> Chunk | None:
    found = around.get(chunk_id(start.document_id, start.revision, position))
    same = found and (found.page, found.headings, found.kind) == (start.page, start.headings, start.kind)
    return found if same else None


def whole(start: Chunk, passage: Sequence[Chunk], text_of: Callable[[str], str]) -> Chunk:
    """`start` grown to the passage that these chunks of its document make, in order; `start` itself where the document
    was replaced since, perhaps for other readers."""
    if len(passage) == 1:
        return start
    first, end = passage[0].char_start, max(chunk.char_end for chunk in passage)
    text = text_of(start.document_id)
    if any(text[chunk.char_start : chunk.char_end] != chunk.text for chunk in passage):
        return start
    return replace(start, text=text[first:end], char_start=first, char_end=end)
