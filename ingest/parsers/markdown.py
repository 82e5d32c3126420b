"""Markdown becomes HTML by markdown-it, which follows CommonMark and has linear run time, but what only looks like a
tag stays text.

A browser takes `<name>` for a tag and shows nothing, and one `<title>` or `<style>` in a sentence hides all below it.
"""

import re
from collections.abc import Iterable

from lxml.html import defs
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, html_block
from markdown_it.rules_block.html_block import HTML_SEQUENCES
from markdown_it.rules_core import StateCore

from ingest.parsers.htmltree import INVISIBLE

SWALLOWING = frozenset((*INVISIBLE, "title", "iframe", "noembed", "noframes", "xmp", "plaintext"))
"""Without their closing tag they hide what follows."""
KNOWN = defs.tags - {"command", "isindex", "keygen"} | {
    *("bdi", "data", "dialog", "figcaption", "figure", "frame", "main", "nobr", "picture", "search", "slot")
}
TAG = re.compile(r"<(/?)([a-z][\w-]*)([^<>]*)>", re.IGNORECASE | re.ASCII)


def rendered(source: str) -> str:
    html: str = _renderer().render(source)
    return html


def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    renderer.block.ruler.at("html_block", _closed_block, {"alt": ["paragraph", "reference", "blockquote"]})
    renderer.core.ruler.after("inline", "placeholders", _show_placeholders)
    return renderer


def _closed_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """CommonMark's rule, save that a block like <style> or <!-- that nothing closes is text: it would take in the
    rest of the document."""
    at = state.bMarks[start] + state.tShift[start]
    line = state.src[at : state.eMarks[start]] if state.src.startswith("<", at) else ""
    ends = [last for first, last, _ in HTML_SEQUENCES if line and first.search(line)][:1]
    if ends and not ends[0].search("") and _last_end(state, ends[0]) < at:
        return False
    return html_block(state, start, end, silent)


def _last_end(state: StateBlock, end: re.Pattern[str]) -> int:
    """Where the last match begins, looked for once a document; -1 where there is none."""
    known: dict[str, int] = state.env.setdefault("last_ends", {})
    if end.pattern not in known:
        known[end.pattern] = max((found.start() for found in end.finditer(state.src)), default=-1)
    return known[end.pattern]


def _show_placeholders(state: StateCore) -> None:
    closed: set[str] = set()
    for token in reversed(state.tokens):
        if token.type == "html_block":
            token.content = _escaped(token.content, closed)
        in_sentence: set[str] = set()
        for child in reversed(token.children or ()):
            if child.type == "html_inline" and _is_placeholder(TAG.match(child.content), in_sentence):
                child.type = "text"


def _escaped(html: str, closed: set[str]) -> str:
    shown = [tag.start() for tag in reversed(list(TAG.finditer(html))) if _is_placeholder(tag, closed)]
    return "&lt;".join(_parts(html, reversed(shown)))


def _parts(html: str, marks: Iterable[int]) -> Iterable[str]:
    """What stands between the characters at `marks`."""
    start = 0
    for mark in marks:
        yield html[start:mark]
        start = mark + 1
    yield html[start:]


def _is_placeholder(tag: re.Match[str] | None, closed: set[str]) -> bool:
    """Whether it opens what HTML does not know or must not show, and what nothing closes. From the last tag to the
    first: `closed` takes the names of closing tags."""
    if tag is None:
        return False
    closing, name, rest = tag.group(1), tag.group(2).lower(), tag.group(3)
    if closing:
        closed.add(name)
    odd = name in SWALLOWING or name not in KNOWN
    return odd and not closing and name not in closed and not rest.endswith("/")
