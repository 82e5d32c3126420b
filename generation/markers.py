"""Markers as models write them become [1]; indices in code, which look the same, do not."""

import re
from collections.abc import Iterable, Iterator

_LIST = r"\d{1,3}(?:\s*[-–,;]\s*\d{1,3})*"
GROUP = rf"\[{_LIST}\]"
"""[1], [1, 2] and [1-3]."""
_INSIDE, _BESIDE, _WORD = 60, 30, 80
"""Characters between square brackets, between others, and of a word before an index, at most."""
_KIND = r"(?:see\s+|siehe\s+)?(?:passages?|passagen|sources?|quellen?|excerpts?)\s*:?\s*"
_REST = rf"(?:†[^\[\]【】［］\n]{{0,{_INSIDE}}}|,\s*(?:pp?|s)\.\s?\d[\d\s,–-]{{0,9}})?"
_FORMS = re.compile(
    rf"\\?[\[【［]\s*(?:{_KIND}|documents?\s|docs?\s|\^)?(?P<square>{_LIST}){_REST}\s*\\?[\]】］]"
    rf"|\(\s*{_KIND}\[?(?P<round>{_LIST})\]?\s*\)"
    rf"|<\s*passage\s*\[(?P<frame>{_LIST})\]\s*>|<\s*/\s*passage\s*>"
    r"|(?<=[.!?…。！？\"”])(?P<raised>[⁰¹²³⁴-⁹]{1,3})",
    re.IGNORECASE,
)
_OPEN = re.compile(
    rf"(?:\\|\\?[\[【［][^\[\]【】［］\n]{{0,{_INSIDE}}}|\([^()\n]{{0,{_BESIDE}}}|<[^<>\n]{{0,{_BESIDE}}}|[⁰¹²³⁴-⁹]{{1,3}})\Z"
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_MASK = str.maketrans("[]", "⟦⟧")
_INDEX = re.compile(r"\[(\d{1,3})\]")
_SHOWN = re.compile(r"⟦(\d{1,3})⟧")
_BACKWARDS = re.compile(r"(?:\]\d{1,3}\[)+\w[\w.@/:-]*")
_CODE = re.compile(r"(?:(?:[^\W\d]\w*\.)+[^\W\d]\w*|\w*_\w*|[^\W\d]\w*(?=\[0\]))(?:\[\d{1,3}\])+")
"""sys.argv[1], a_b[2], rows[0]: what else looks like this may refer to a source (in 1987[1])."""


def subscripts(texts: Iterable[str]) -> frozenset[str]:
    """What the texts hold of code with an index, such as sys.argv[1]; a[0][1] is both a[0] and a[0][1]."""
    return frozenset(code for text in texts for _, code in _indices(text) if _CODE.fullmatch(code))


def masked(text: str) -> str:
    """With ⟦1⟧ for each index of code, so that nobody takes it for a marker; as long as before."""
    parts: list[str] = []
    done = 0
    for found, code in _indices(text):
        if _CODE.fullmatch(code):
            parts += text[done : found.start()], found.group().translate(_MASK)
            done = found.end()
    return "".join([*parts, text[done:]])


def unmasked(text: str) -> str:
    """As it was before `masked`."""
    return _SHOWN.sub(r"[\1]", text)


def open_from(text: str) -> int:
    """Where something begins at the end of `text` that may become a marker; its length where nothing does."""
    found = _OPEN.search(text)
    return found.start() if found else len(text)


def normal(text: str, start: int, code: frozenset[str]) -> str:
    """`text` with every marker from `start` on as [1], [1, 2] or [1-3], and indices masked: those of `code`, and any
    between back-ticks."""
    read, done = text[:start], start
    for found in _FORMS.finditer(text, start):
        read += text[done : found.start()]
        read += _normal(found, read, code)
        done = found.end()
    return read + text[done:]


def _normal(found: re.Match[str], before: str, code: frozenset[str]) -> str:
    if _INDEX.fullmatch(found.group()) and _is_index(found.group(), before, code):
        return found.group().translate(_MASK)
    numbers = found["square"] or found["round"] or found["frame"] or (found["raised"] or "").translate(_RAISED)
    return f"[{numbers}]" if numbers else ""


def _is_index(index: str, before: str, code: frozenset[str]) -> bool:
    indexed = _indexed(unmasked(before[-_WORD:]) + index)
    opened = before[max(before.rfind("\n"), before.rfind("]")) + 1 :].count("`") % 2
    return bool(indexed) and (bool(opened) or indexed in code or int(index[1:-1]) == 0)


def _indices(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each [1] directly behind a word, with that word and the indices before it."""
    for found in _INDEX.finditer(text):
        if indexed := _indexed(text[max(0, found.end() - _WORD) : found.end()]):
            yield found, indexed


def _indexed(text: str) -> str:
    """The word with indices that a text ends with, or nothing."""
    found = _BACKWARDS.match(text[::-1])
    return found.group()[::-1] if found else ""
