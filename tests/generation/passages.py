"""Hits made of plain texts."""

from ingest.types import Chunk
from retrieval.types import Hit


def hit(text: str, number: int = 1, start: int = 0, page: int | None = None, headings: tuple[str, ...] = ()) -> Hit:
    chunk = Chunk(
        id=f"chunk-{number}",
        document_id=f"doc-{number}",
        revision="1",
        tenant="acme",
        groups=(),
        source=f"/docs/{number}.md",
        title=f"Title {number}",
        text=text,
        context=f"Title {number}",
        position=number,
        page=page,
        headings=headings,
        char_start=start,
        char_end=start + len(text),
    )
    return Hit(chunk, 1.0 / number, {"dense": 0.5})


def hits(*texts: str) -> list[Hit]:
    return [hit(text, number, 100 * number) for number, text in enumerate(texts, start=1)]
