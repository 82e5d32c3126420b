"""Runs of slides that are struck out or raised."""

from pptx.oxml.ns import qn
from pptx.presentation import Presentation

from ingest.parsers.superscripts import raised

STRUCK = ("sngStrike", "dblStrike")


def tidied(presentation: Presentation) -> Presentation:
    """`presentation`, changed in place: struck text does not count any more, raised digits are superscripts."""
    for slide in presentation.slides:
        for paragraph in slide._element.iter(qn("a:p")):
            before = ""
            for run in list(paragraph.iterchildren(qn("a:r"), qn("a:fld"), qn("a:br"))):
                properties = run.find(qn("a:rPr"))
                look = {} if properties is None else properties.attrib
                text = run.find(qn("a:t"))
                if look.get("strike") in STRUCK:
                    paragraph.remove(run)
                elif text is None:
                    before = ""
                else:
                    if before and look.get("baseline", "0").lstrip("0").isdecimal():
                        text.text = raised(text.text or "", before)
                    before = (text.text or "")[-1:] or before
    return presentation
