"""An HTML tree is put right before it is partitioned, so that no visible text is lost."""

import re
from collections.abc import Mapping

from lxml import etree

from ingest.parsers.htmlforms import show_states
from ingest.parsers.htmllists import number_items
from ingest.parsers.htmltables import BREAKING, cell_text, rows_of
from ingest.parsers.superscripts import raise_digits

INVISIBLE = (
    *("script", "style", "noscript", "template", "svg", "nav", "select", "textarea", "head"),
    *("s", "strike", "del"),
)
"""Not shown as text, or (nav) shown on every page of a site, or struck out: that does not count any more."""
RENAMED = {
    # The partitioner reads nothing but the first <main>, and skips these other containers.
    **dict.fromkeys(("main", "details", "figure", "form", "fieldset", "dialog"), "div"),
    **dict.fromkeys(("summary", "figcaption", "legend", "caption"), "p"),
    **dict.fromkeys(("label", "object", "video", "audio"), "span"),
}
UNSEEN = re.compile(r"(?:^|;)\s*display\s*:\s*none\b", re.IGNORECASE)
BLANKED = re.compile(
    r"(?:^|;)\s*(?:visibility\s*:\s*hidden|text-decoration(?:-line)?\s*:[^;]*line-through)\b", re.IGNORECASE
)
"""What takes up its place all the same: without an empty cell there, the others of its row would move."""
NAVIGATION = re.compile(r"nav(?:header|footer|bar|igation)?", re.IGNORECASE)
"""Class names by which site and book generators mark links to other pages."""
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
LAYOUT_MARKS = ("table", "pre", *HEADINGS)
MAX_DATA, MAX_MARKED = 200, 2_000
"""Characters of a cell that has one of `LAYOUT_MARKS` within, in a table of data: a longer one is a part of the page.
The second where the table says by its own tags that it is one."""
TABLE_TAGS = ("table", "thead", "tbody", "tfoot", "tr", "td", "th")
MAX_DEPTH = 200
"""The partitioner silently leaves out what is nested 256 levels deep."""
MAX_WRAPPER_DEPTH = 100
WRAPPERS = frozenset(("div", "section", "article", "center", "font", "span", "b", "i", "u", "strong", "em", "a"))


def parsed(html: str) -> etree._Element | None:
    """The root element; None where there is none. What is nested deeper than `MAX_DEPTH` is lifted to that depth.

    The ordinary parser ends silently at 256 levels, and at a text or an attribute of 10 MB, such as an image within
    the page.
    """
    # Bytes, because a str with an encoding declaration is refused.
    data = html.encode("utf-8", "replace")
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    root = etree.fromstring(data, parser)
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        lifting = etree.HTMLParser(encoding="utf-8", huge_tree=True, target=_LiftingBuilder())
        root = etree.fromstring(data, lifting)
    return root


class _LiftingBuilder(etree.TreeBuilder):  # type: ignore[misc]
    """Leaves out the tags of wrappers and, deeper down, of all elements; a rule takes the place of a block."""

    def __init__(self) -> None:
        super().__init__(insert_comments=False, insert_pis=False)
        self._kept: list[bool] = []
        self._depth = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        keep = self._depth < (MAX_WRAPPER_DEPTH if tag in WRAPPERS else MAX_DEPTH)
        self._kept.append(keep)
        self._depth += keep
        if keep:
            super().start(tag, attributes)
        else:
            self._part(tag)

    def end(self, tag: str) -> None:
        keep = self._kept.pop()
        self._depth -= keep
        if keep:
            super().end(tag)
        else:
            self._part(tag)

    def _part(self, tag: str) -> None:
        if tag in BREAKING:
            super().start("hr", {})
            super().end("hr")


def page_title(root: etree._Element) -> str:
    title = root.find(".//title")
    return " ".join("".join(title.itertext()).split()) if title is not None else ""


def tidied(root: etree._Element) -> etree._Element:
    """`root`, changed in place: layout tables are taken apart, data tables reduced to text, steps numbered."""
    for element in [node for node in root.iter() if _is_hidden(node)]:
        _hide(element)
    etree.strip_elements(root, *INVISIBLE, with_tail=False)
    # An image would part the paragraph that it stands in.
    etree.strip_elements(root, "img", with_tail=False)
    for element in [node for node in root.iter("div", "ul", "table") if _is_navigation(node)]:
        _remove(element)
    show_states(root)
    raise_digits(root)
    for table in list(root.iter("table")):
        if table.tag != "table":  # it was a cell's
            continue
        if _is_layout(table):
            _dissolve(table)
        else:
            for nested in reversed(list(table.iterdescendants("table"))):
                _write_out(nested)
            _flatten(table)
    for element in list(root.iter(*RENAMED)):
        element.tag = RENAMED[element.tag]
    for ordered in root.iter("ol"):
        number_items(ordered)
    return root


def _is_hidden(element: etree._Element) -> bool:
    """Not shown however the page is used: a panel of tabs is, and a page is hidden only until its script has run."""
    if element.tag in ("html", "body") or element.get("role") == "tabpanel":
        return False
    return _takes_no_place(element) or BLANKED.search(element.get("style", "")) is not None


def _takes_no_place(element: etree._Element) -> bool:
    hidden = element.get("hidden", "until-found").lower() != "until-found"
    return hidden or UNSEEN.search(element.get("style", "")) is not None


def _hide(element: etree._Element) -> None:
    if element.tag not in ("tr", "td", "th") or _takes_no_place(element):
        element.tag = "template"
        return
    for cell in _cells(element) if element.tag == "tr" else [element]:
        del cell[:]
        cell.text = None


def _is_navigation(element: etree._Element) -> bool:
    return element.get("role") == "navigation" or any(map(NAVIGATION.fullmatch, element.get("class", "").split()))


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        element.addprevious(etree.Element("hr"))
        element.getprevious().tail = element.tail
        parent.remove(element)


def _is_layout(table: etree._Element) -> bool:
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    if table.get("role") in ("presentation", "none") or all(len(_cells(row)) <= 1 for row in rows):
        return True
    odd = [cell for row in rows for cell in _cells(row) if next(cell.iterdescendants(*LAYOUT_MARKS), None) is not None]
    longest = max((len(cell_text(cell)) for cell in odd), default=0)
    if table.get("border", "0") != "0" or any(row.find("th") is not None for row in rows):
        return longest > MAX_MARKED
    return longest > MAX_DATA or any(next(cell.iterdescendants(*HEADINGS), None) is not None for cell in odd)


def _cells(row: etree._Element) -> list[etree._Element]:
    return list(row.iterchildren("td", "th"))


def _dissolve(table: etree._Element) -> None:
    # Nested tables are judged on their own, in document order after this one.
    own = [node for node in table.iterdescendants(*TABLE_TAGS[1:]) if next(node.iterancestors("table")) is table]
    for node in [table, *own]:
        node.tag = "div"


def _write_out(table: etree._Element) -> None:
    """The table within a cell becomes a part of its text: "Phone 111; Mail a@b.c"."""
    captions = [cell_text(caption) for caption in table.iter("caption")]
    text = "; ".join([*captions, *(" ".join(filter(None, row)) for row in rows_of(table))])
    tail = table.tail
    table.clear()
    table.tag, table.text, table.tail = "div", text, tail


def _flatten(table: etree._Element) -> None:
    """Only the bare cells stay: the partitioner joins the parts of "H<sub>2</sub>O" with spaces and drops spans."""
    rows, captions, tail = rows_of(table), [cell_text(node) for node in table.iter("caption")], table.tail
    table.clear()
    table.tail = tail
    for cells in rows:
        row = etree.SubElement(table, "tr")
        for text in cells:
            etree.SubElement(row, "td").text = text
    for text in filter(None, captions):
        caption = etree.Element("p")
        caption.text = text
        table.addprevious(caption)
