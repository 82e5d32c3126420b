"""What an HTML page shows without being text: check boxes, filled fields, formulae."""

from collections.abc import Iterator

from lxml import etree

from ingest.parsers.formulae import formula_text
from ingest.parsers.htmltables import BREAKING

CHECKED, UNCHECKED = "\u2611", "\u2610"
BOXES = ("checkbox", "radio")
FIELDS = ("text", "email", "tel", "number", "date", "url")
CELLS = ("td", "th")
TASKS = "inline-task-list"
"""How Confluence marks lists whose items can be ticked."""
TWIN = "katex-html"
"""How KaTeX marks what it has made of a formula, which stands beside it."""


def show_states(root: etree._Element) -> None:
    """Changes the tree in place. Boxes without a text beside them fold menus."""
    for field in list(root.iter("input")):
        _become_text(field, _state(field))
    for item in [item for tasks in root.iter("ul") if TASKS in _classes(tasks) for item in tasks.iterchildren("li")]:
        item.text = f"{CHECKED if 'checked' in _classes(item) else UNCHECKED} {item.text or ''}"
    twins = [span for span in root.iter("span") if TWIN in _classes(span)]
    for formula in list(root.iter("math")):
        _become_text(formula, formula_text(formula))
    for twin in twins:
        _become_text(twin, "")


def _classes(element: etree._Element) -> list[str]:
    return str(element.get("class", "")).split()


def _state(field: etree._Element) -> str:
    kind = field.get("type", "text").lower()
    if kind in BOXES and field.get("role") != "switch" and _is_labelled(field):
        return f" {UNCHECKED if field.get('checked') is None else CHECKED} "
    return field.get("value", "") if kind in FIELDS else ""


def _is_labelled(box: etree._Element) -> bool:
    above = box.getparent()
    return (above is not None and above.tag in CELLS) or any(map(str.strip, _beside(box)))


def _beside(field: etree._Element) -> Iterator[str]:
    """Texts that may be the label."""
    yield field.tail or ""
    after, above = field.getnext(), field.getparent()
    if after is not None and after.tag not in BREAKING and not (field.tail or "").strip():
        yield "".join(after.itertext())
    if above is not None and above.tag == "label":
        yield "".join(above.itertext())


def _become_text(element: etree._Element, text: str) -> None:
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = "span", text, tail
