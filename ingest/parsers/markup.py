"""HTML and Markdown, through `unstructured`.

`partition_html` reads a page as a browser shows it but drops some visible text and damages other (see `tidied`), so
the tree is put right first.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from lxml import etree

from ingest.parsers.blocks import Block, Heading, sections_of
from ingest.parsers.decoding import decode, decode_markup
from ingest.parsers.htmltree import page_title, parsed, tidied
from ingest.parsers.markdown import rendered
from ingest.parsers.partitioning import NO_LANGUAGES, blocks_of, partition_html
from ingest.types import Section

FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n"
    r"((?:#.*\n(?:#.*\n|\n)*)?"
    r"(?:[^\W\d_][\w .-]*:(?:[ \t].*)?\n)(?:[^\W\d_][\w .-]*:(?:[ \t].*)?\n|[ \t#-].*\n|\n)*?)"
    r"(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
"""YAML that begins with a key, perhaps below comments; a line that other text follows is a thematic break."""
FRONT_TITLE = re.compile(r"""^title:[ \t]+(["']?)(?![|>])(\S.*?)\1[ \t]*$""", re.IGNORECASE | re.MULTILINE)
PERMALINK = re.compile(r"\s*[#¶§🔗]+\s*$")


def read_html(path: Path, name: str) -> list[Section]:
    return html_sections(decode_markup(path.read_bytes(), name))


def read_markdown(path: Path, name: str) -> list[Section]:
    """The title in the front matter is the first heading."""
    source = decode(path.read_bytes(), name)
    # Front matter would be taken for a heading with a line under it.
    front = FRONT_MATTER.match(source)
    if front is None:
        return html_sections(rendered(source))
    return html_sections(_front_html(front.group(1)) + rendered(source[front.end() :]))


def _front_html(front: str) -> str:
    title = FRONT_TITLE.search(front)
    heading = f"<h1>{escape(title.group(2))}</h1>" if title else ""
    return f"{heading}<pre><code>{escape(front)}</code></pre>\n"


def html_sections(html: str) -> list[Section]:
    """Sections of an HTML page; its <title> is the heading where it has no other."""
    root = parsed(html)
    return [] if root is None else tree_sections(root)


def tree_sections(root: etree._Element) -> list[Section]:
    """As `html_sections`; changes `root`."""
    title = page_title(root)
    text = etree.tostring(tidied(root), encoding="unicode", method="html")
    elements = partition_html(text=text, languages=NO_LANGUAGES, unique_element_ids=True)
    return sections_of(_titled(list(blocks_of(elements)), title))


def _titled(blocks: list[Block], title: str) -> Iterator[Block]:
    if title and blocks and not any(isinstance(block, Heading) for block in blocks):
        yield Heading(title, 0)
    for block in blocks:
        if isinstance(block, Heading):
            yield Heading(PERMALINK.sub("", block.text) or block.text, block.depth, block.page)
        else:
            yield block
