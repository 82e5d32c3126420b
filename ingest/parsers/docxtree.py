"""A Word document is put right before it is partitioned, so that no visible text is lost.

The partitioner reads only runs that are direct children of a paragraph, and paragraphs and tables that are direct
children of the body or a cell.
"""

import re
from collections.abc import Iterable

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml import etree

from ingest.parsers.docxruns import drop_unseen, raise_runs
from ingest.parsers.docxsymbols import show_symbols

CONTENTS = "Table of Contents"
CONTENTS_STYLE = re.compile(r"toc (?:[1-9]|heading)", re.IGNORECASE)
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
DROPPED = (
    *map(qn, ("w:del", "w:moveFrom", "w:sdtPr", "w:sdtEndPr", "w:smartTagPr", "w:customXmlPr", "w:fldData")),
    # What programs show that do not know the first choice: the same text again.
    f"{COMPATIBILITY}Fallback",
)
UNWRAPPED = (
    *map(qn, ("w:ins", "w:moveTo", "w:sdt", "w:sdtContent", "w:smartTag", "w:customXml", "w:fldSimple")),
    f"{COMPATIBILITY}AlternateContent",
    f"{COMPATIBILITY}Choice",
)
NOTES = ((RELATIONSHIP_TYPE.ENDNOTES, "w:endnote"), (RELATIONSHIP_TYPE.FOOTNOTES, "w:footnote"))
IMAGES = tuple(map(qn, ("w:drawing", "w:pict", "w:object")))


def tidied(document: Document) -> Document:
    """`document`, changed in place: as if all changes were accepted, content controls, text boxes and formulae plain
    text, hidden and struck text left out.

    The text of a box stands after the paragraph that it is anchored to, that of a footnote or an endnote after the
    one that refers to it. A table of contents is left out: its lines
    are those of the headings.
    """
    body = document.element.body
    for block in [*filter(_is_contents, body.iter(qn("w:sdt"))), *_lines_of_contents(document)]:
        if block.getparent() is not None:
            block.getparent().remove(block)
    for row in [mark.getparent().getparent() for mark in body.iterfind(f".//{qn('w:trPr')}/{qn('w:del')}")]:
        row.getparent().remove(row)
    etree.strip_elements(body, *DROPPED, with_tail=False)
    for kind, tag in NOTES:
        _insert_notes(document, kind, tag)
    etree.strip_tags(body, *UNWRAPPED)
    show_symbols(body)
    drop_unseen(document)
    for box in list(body.iter(qn("w:txbxContent"))):
        _lift(box)
    raise_runs(document)
    return document


def _is_contents(control: etree._Element) -> bool:
    gallery = control.find(f"{qn('w:sdtPr')}/{qn('w:docPartObj')}/{qn('w:docPartGallery')}")
    return gallery is not None and gallery.get(qn("w:val")) == CONTENTS


def _lines_of_contents(document: Document) -> list[etree._Element]:
    """Word's own names of these styles are English in every language."""
    styles = {style.style_id for style in document.styles if CONTENTS_STYLE.fullmatch(style.name or "")}
    return [paragraph for paragraph in document.element.body.iter(qn("w:p")) if paragraph.style in styles]


def _insert_notes(document: Document, kind: str, tag: str) -> None:
    notes = _notes(document, kind, tag)
    # From the last: of several notes of a paragraph the first must stand next to it.
    for mark in reversed(list(document.element.body.iter(qn(f"{tag}Reference")))):
        if note := notes.pop(mark.get(qn("w:id")), None):
            _put_after(next(mark.iterancestors(qn("w:p"))), note)


def _notes(document: Document, kind: str, tag: str) -> dict[str | None, list[etree._Element]]:
    """Blocks by id, without what points to other parts of the file: their names mean others in the main text."""
    notes = {}
    for part in (one.target_part for one in document.part.rels.values() if one.reltype == kind):
        root = parse_xml(part.blob)
        etree.strip_elements(root, *DROPPED, *IMAGES, with_tail=False)
        etree.strip_tags(root, qn("w:hyperlink"))
        notes.update({note.get(qn("w:id")): list(note) for note in root.iter(qn(tag))})
    return notes


def _lift(box: etree._Element) -> None:
    place = next(box.iterancestors(qn("w:p")))
    box.getparent().remove(box)
    _put_after(place, list(box))


def _put_after(place: etree._Element, blocks: Iterable[etree._Element]) -> None:
    for block in blocks:
        place.addnext(block)
        place = block
