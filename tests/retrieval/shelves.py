"""A searcher that finds what it was given, for the wrappers round it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import NAMESPACE_URL, uuid5

from ingest.types import Chunk
from retrieval.filters import AnyOf, Every, Filter, Not
from retrieval.types import Hit, Query


@dataclass
class Row:
    """Port `Searcher` over hits, best first; conditions on `document_id` are heeded."""

    hits: Sequence[Hit]
    queries: list[Query] = field(default_factory=list)

    @property
    def asked(self) -> list[int]:
        """How many hits each search wanted."""
        return [query.top_k for query in self.queries]

    def search(self, query: Query) -> list[Hit]:
        self.queries.append(query)
        return [one for one in self.hits if _allows(query.filters, one)][: query.top_k]


def hit(text: str, score: float, document_id: str = "doc", **more: object) -> Hit:
    key = str(uuid5(NAMESPACE_URL, f"{document_id}|{text}|{more}"))
    blank = Chunk(key, document_id, "1", "acme", (), "a.md", "A", text, "", 0, None, (), 0, len(text))
    return Hit(replace(blank, **more), score, {"dense": 0.5})  # type: ignore[arg-type]


def query(text: str, top_k: int = 10) -> Query:
    return Query(text, "default", "acme", (), top_k)


def texts(hits: Sequence[Hit]) -> list[str]:
    return [one.chunk.text for one in hits]


def _allows(condition: Filter, one: Hit) -> bool:
    match condition:
        case Every(inner):
            return all(_allows(each, one) for each in inner)
        case Not(inner):
            return not _allows(inner, one)
        case AnyOf("document_id", values):
            return one.chunk.document_id in values
        case _:
            return False
