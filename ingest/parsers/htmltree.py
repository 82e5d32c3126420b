"""An HTML tree is put right before it is partitioned, so that no visible text is lost."""

import re

from lxml import etree

from ingest.parsers.htmltables import cell_text, rows_of

INVISIBLE = ("script", "style", "noscript", "template", "svg", "nav", "select", "textarea", "head")
"""Not shown as text, or (nav) shown on every page of a site."""
RENAMED = {
    # The partitioner reads nothing but the first <main>, and skips these other containers.
    **dict.fromkeys(("main", "details", "figure", "form", "fieldset", "dialog"), "div"),
    **dict.fromkeys(("summary", "figcaption", "legend", "caption"), "p"),
    **dict.fromkeys(("label", "object", "video", "audio"), "span"),
}
NAVIGATION = re.compile(r"nav(?:header|footer|bar|igation)?", re.IGNORECASE)
"""Class names by which site and book generators mark links to other pages."""
LAYOUT_MARKS = ("table", "h1", "h2", "h3", "h4", "h5", "h6", "pre")
TABLE_TAGS = ("table", "thead", "tbody", "tfoot", "tr", "td", "th")


def parsed(html: str) -> etree._Element | None:
    """The root element; None where there is none."""
    # Bytes, because a str with an encoding declaration is refused.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    return etree.fromstring(html.encode("utf-8", "replace"), parser)


def page_title(root: etree._Element) -> str:
    title = root.find(".//title")
    return " ".join("".join(title.itertext()).split()) if title is not None else ""


def tidied(root: etree._Element) -> etree._Element:
    """`root`, changed in place: layout tables are taken apart, data tables reduced to text, steps numbered."""
    etree.strip_elements(root, *INVISIBLE, with_tail=False)
    # An image would part the paragraph that it stands in.
    etree.strip_elements(root, "img", with_tail=False)
    for element in [node for node in root.iter("div", "ul", "table") if _is_navigation(node)]:
        _remove(element)
    for table in list(root.iter("table")):
        if _is_layout(table):
            _dissolve(table)
        else:
            _flatten(table)
    for element in list(root.iter(*RENAMED)):
        element.tag = RENAMED[element.tag]
    for ordered in root.iter("ol"):
        _number(ordered)
    return root


def _is_navigation(element: etree._Element) -> bool:
    return element.get("role") == "navigation" or any(map(NAVIGATION.fullmatch, element.get("class", "").split()))


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        element.addprevious(etree.Element("hr"))
        element.getprevious().tail = element.tail
        parent.remove(element)


def _is_layout(table: etree._Element) -> bool:
    if table.get("role") in ("presentation", "none") or next(table.iterdescendants(*LAYOUT_MARKS), None) is not None:
        return True
    return all(len(row.findall("td")) + len(row.findall("th")) <= 1 for row in table.iter("tr"))


def _dissolve(table: etree._Element) -> None:
    # Nested tables are judged on their own, in document order after this one.
    own = [node for node in table.iterdescendants(*TABLE_TAGS[1:]) if next(node.iterancestors("table")) is table]
    for node in [table, *own]:
        node.tag = "div"


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


def _number(ordered: etree._Element) -> None:
    start = ordered.get("start", "1")
    first = int(start) if start.isdecimal() else 1
    for number, item in enumerate(ordered.iterchildren("li"), first):
        node = item
        while not (node.text or "").strip() and len(node) and node[0].tag in ("p", "div", "span", "b", "strong", "a"):
            node = node[0]
        node.text = f"{number}. {(node.text or '').lstrip()}"
