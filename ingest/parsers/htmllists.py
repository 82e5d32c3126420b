"""The numbers that a browser puts before the items of an ordered list become part of their text."""

from lxml import etree

from ingest.parsers.htmltables import whole_number

WRAPPERS = ("p", "div", "span", "b", "strong", "a")
ROMAN = {"x": 10, "ix": 9, "v": 5, "iv": 4, "i": 1}
LARGEST_ROMAN = 39
"""Beyond it, and beyond Z, digits are shown: lists of that length have digits."""


def number_items(ordered: etree._Element) -> None:
    """Changes the <ol> in place; `start`, `reversed`, `type` and the items' `value` count."""
    items = list(ordered.iterchildren("li"))
    step = -1 if "reversed" in ordered.attrib else 1
    number = whole_number(ordered.get("start"), 1 if step > 0 else len(items))
    for item in items:
        number = whole_number(item.get("value"), number)
        _prefix(item, _marker(number, ordered.get("type", "1")))
        number += step


def _prefix(item: etree._Element, marker: str) -> None:
    node = item
    while not (node.text or "").strip() and len(node) and node[0].tag in WRAPPERS:
        node = node[0]
    node.text = f"{marker}. {(node.text or '').lstrip()}"


def _marker(number: int, kind: str) -> str:
    if kind in ("a", "A") and 1 <= number <= 26:
        return chr(ord(kind) + number - 1)
    if kind in ("i", "I") and 1 <= number <= LARGEST_ROMAN:
        return _roman(number) if kind == "i" else _roman(number).upper()
    return str(number)


def _roman(number: int) -> str:
    text = ""
    for letters, value in ROMAN.items():
        text += letters * (number // value)
        number %= value
    return text
