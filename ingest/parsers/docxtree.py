"""A Word document is put right before it is partitioned, so that no visible text is lost.

The partitioner reads only runs that are direct children of a paragraph, and paragraphs and tables that are direct
children of the body or a cell.
"""

from docx.document import Document
from docx.oxml.ns import qn
from lxml import etree

CONTENTS = "Table of Contents"
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


def tidied(document: Document) -> Document:
    """`document`, changed in place: as if all changes were accepted, content controls and text boxes plain text.

    The text of a box stands after the paragraph that it is anchored to. A table of contents is left out: its lines
    are those of the headings.
    """
    body = document.element.body
    for control in list(body.iter(qn("w:sdt"))):
        if _is_contents(control):
            control.getparent().remove(control)
    etree.strip_elements(body, *DROPPED, with_tail=False)
    etree.strip_tags(body, *UNWRAPPED)
    for box in list(body.iter(qn("w:txbxContent"))):
        _lift(box)
    return document


def _is_contents(control: etree._Element) -> bool:
    gallery = control.find(f"{qn('w:sdtPr')}/{qn('w:docPartObj')}/{qn('w:docPartGallery')}")
    return gallery is not None and gallery.get(qn("w:val")) == CONTENTS


def _lift(box: etree._Element) -> None:
    place = next(box.iterancestors(qn("w:p")))
    box.getparent().remove(box)
    for block in list(box):
        place.addnext(block)
        place = block
