"""Conflicts in words, for the end of an answer."""

from collections.abc import Sequence

from generation.types import Conflict, Stated

HEAD = "The sources differ:"


def said(conflicts: Sequence[Conflict]) -> str:
    """What is added to the answer; empty without a conflict."""
    return "".join(f"\n\n{HEAD}\n" + "\n".join(map(_line, one.statements)) for one in conflicts)


def _line(one: Stated) -> str:
    quote = " ".join(one.citation.quote.split())
    return f"- {one.value}: “{quote}” [{one.citation.marker}] ({one.citation.title}, {_when(one)})"


def _when(one: Stated) -> str:
    days = [f"in force from {one.valid_from}" if one.valid_from else "", f"of {one.dated}" if one.dated else ""]
    return ", ".join(filter(None, days)) or "no date"
