"""Runs of a Word document that are hidden, struck out or raised, by themselves or by their styles."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from docx.document import Document
from docx.oxml.ns import qn
from lxml import etree

from ingest.parsers.superscripts import raised

UNSEEN = tuple(map(qn, ("w:vanish", "w:strike", "w:dstrike")))
"""What is struck out does not count any more, like a deletion that was tracked."""
OFF = ("0", "false", "off")
Styles: TypeAlias = Mapping[str | None, etree._Element]


def drop_unseen(document: Document) -> None:
    styles = _styles(document)
    for tag in UNSEEN:
        for run in [run for run in document.element.body.iter(qn("w:r")) if _has(run, tag, styles, _is_on)]:
            run.getparent().remove(run)


def raise_runs(document: Document) -> None:
    styles = _styles(document)
    for paragraph in document.element.body.iter(qn("w:p")):
        before = ""
        for node in paragraph.iter(qn("w:t"), qn("w:tab"), qn("w:br")):
            text = node.text or ""
            if text and before and _has(node.getparent(), qn("w:vertAlign"), styles, _is_superscript):
                node.text = text = raised(text, before)
            before = text[-1:] if node.tag == qn("w:t") else ""


def _styles(document: Document) -> Styles:
    return {style.get(qn("w:styleId")): style for style in document.styles.element.iter(qn("w:style"))}


def _has(run: etree._Element, tag: str, styles: Styles, is_so: Callable[[etree._Element], bool]) -> bool:
    """What the run says itself counts, else its style, else that of its paragraph."""
    own = run.find(f"{qn('w:rPr')}/{tag}")
    if own is not None:
        return is_so(own)
    paragraph = next(run.iterancestors(qn("w:p")), None)
    named = [run.find(f"{qn('w:rPr')}/{qn('w:rStyle')}")]
    named += [] if paragraph is None else [paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")]
    found = (_inherited(style.get(qn("w:val")), tag, styles) for style in named if style is not None)
    return next((is_so(one) for one in found if one is not None), False)


def _inherited(name: str | None, tag: str, styles: Styles) -> etree._Element | None:
    """The property of a style or of those that it is based on, which a damaged file may name in a circle."""
    for _ in range(len(styles)):
        style = styles.get(name)
        if style is None:
            return None
        found = style.find(f"{qn('w:rPr')}/{tag}")
        if found is not None:
            return found
        above = style.find(qn("w:basedOn"))
        name = None if above is None else above.get(qn("w:val"))
    return None


def _is_on(switch: etree._Element) -> bool:
    return switch.get(qn("w:val"), "true") not in OFF


def _is_superscript(alignment: etree._Element) -> bool:
    return bool(alignment.get(qn("w:val")) == "superscript")
