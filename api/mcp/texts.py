"""The results of the tools as text that a person or a language model reads."""

from collections.abc import Sequence

from api.schemas import DocumentPartOut, HitOut, SearchOut
from api.schemas_answers import AnswerOut, CitationOut, LostAnswer


def found_text(found: SearchOut) -> str:
    if not found.hits:
        return "Nothing was found; try other words, fewer filters or another collection."
    return "\n\n".join(f"[{rank}] {_passage(hit)}" for rank, hit in enumerate(found.hits, start=1))


def answer_text(answer: AnswerOut) -> str:
    if answer.refused:
        return _refusal(answer)
    sources = [f"[{one.marker}] {_place(one)}, support {one.support:.2f}\n{_quoted(one)}" for one in answer.citations]
    short = [f"In short: {answer.short.text} [{answer.short.marker}]"] if answer.short else []
    return "\n\n".join([*short, answer.text, f"Confidence {answer.confidence:.2f}. Quoted from:", *sources])


def lost_text(found: LostAnswer, nearest: int) -> str:
    """Where the language model failed; the passages come as it was to read them."""
    quotes = [f"- {_place(one)}, support {one.support:.2f}\n{_quoted(one)}" for one in found.citations]
    best = sorted(found.hits, key=lambda hit: -hit.score)[:nearest]
    return "\n\n".join([found.detail, *_listed("Found before that, best sentences:", quotes), *_nearest(best)])


def _quoted(one: CitationOut) -> str:
    """A row of a table says nothing without the names of its columns."""
    return f"{one.table_header}\n{one.quote}" if one.table_header else one.quote


def part_text(part: DocumentPartOut) -> str:
    head = f"{part.title} ({part.source}), characters {part.char_start}-{part.char_end} of {part.characters}"
    more = f"\n\n(There is more: read on with char_start {part.next}.)" if part.next is not None else ""
    return f"{head}\n\n{part.text}{more}"


def _refusal(answer: AnswerOut) -> str:
    said = f"REFUSED, confidence {answer.confidence:.2f}: the documents do not answer this well enough. {answer.text}"
    return "\n\n".join([said, *_nearest(answer.hits)])


def _nearest(hits: Sequence[HitOut]) -> list[str]:
    return _listed("Nearest passages, which may be about something else:", [f"- {_passage(hit)}" for hit in hits])


def _listed(head: str, items: list[str]) -> list[str]:
    return [head, *items] if items else []


def _passage(hit: HitOut) -> str:
    return f"{_place(hit)}, score {hit.score:.3f}\n{hit.text}"


def _place(item: HitOut | CitationOut) -> str:
    path = " › ".join(dict.fromkeys([item.title, *item.headings]))
    page = f", page {item.page}" if item.page else ""
    where = f"document_id {item.document_id}, characters {item.char_start}-{item.char_end}"
    return f"{path}{page} ({item.source}); {where}"
