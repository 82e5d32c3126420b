"""Questions with a text that answers each: from a file, or made from what is indexed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from api.bootstrap import Collection, Services
from eval.datasets import fields
from eval.datasets.lines import json_rows
from ingest.catalog_rows import CatalogEntry
from ingest.errors import InvalidError
from ingest.types import Chunk, chunk_id
from retrieval.types import Access

_FEWEST_WORDS = 2


@dataclass(frozen=True)
class Pair:
    query: str
    positive: str


@dataclass(frozen=True)
class Asked:
    """A question with all the texts that answer it, none twice."""

    query: str
    positives: tuple[str, ...]


def by_question(pairs: Iterable[Pair]) -> list[Asked]:
    """Questions that differ in case or white space alone are one, spelt as it came first."""
    spelt: dict[str, str] = {}
    texts: dict[str, dict[str, None]] = {}
    for pair in pairs:
        key = " ".join(pair.query.casefold().split())
        spelt.setdefault(key, pair.query)
        texts.setdefault(key, {})[pair.positive] = None
    return [Asked(spelt[key], tuple(found)) for key, found in texts.items()]


def load_pairs(path: Path, limit: int | None = None) -> list[Pair]:
    """One JSON object a line, `query` and `positive`; the file may be gzipped.

    Raises:
        InvalidError: a line is malformed, or the file damaged; names file and line.
    """
    rows = json_rows(path, ("query", "positive"))
    found = [
        Pair(fields.filled(row, "query", where).strip(), fields.filled(row, "positive", where).strip())
        for where, row in islice(rows, limit)
    ]
    if not found:
        raise InvalidError(f"{path} has no pairs.")
    return found


def pairs_of_collection(services: Services, collection: Collection) -> Iterator[Pair]:
    """What an author called a passage stands for a question about it: the headings of each chunk that has some.

    The text is the served one (`Chunk.indexed_text`: title, headings, text) without the headings, for it would begin
    with the very question, and to compare beginnings is all that could be learnt from that.
    """
    access = services.settings.access
    reader = Access(access.tenant, access.groups)
    for entry in services.catalog.page(collection.name, access.tenant):
        for chunk in _chunks(collection, entry, reader):
            asked = " ".join(heading for heading in dict.fromkeys(chunk.headings) if heading != chunk.title)
            if len(asked.split()) >= _FEWEST_WORDS:
                yield Pair(asked, f"{chunk.title}\n{chunk.text}" if chunk.title else chunk.text)


def _chunks(collection: Collection, entry: CatalogEntry, reader: Access) -> list[Chunk]:
    ids = [chunk_id(entry.id, entry.revision, place) for place in range(entry.chunks)]
    return collection.store.fetch(ids, reader)
