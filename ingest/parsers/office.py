"""Word and PowerPoint files, through `unstructured`."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import docx
import pptx
from docx.document import Document
from pptx.presentation import Presentation

from ingest.parsers import pptxruns
from ingest.parsers.blocks import Block, Heading, Paragraph, Table, sections_of
from ingest.parsers.docxtree import tidied
from ingest.parsers.partitioning import NO_LANGUAGES, blocks_of, partition_docx, partition_pptx
from ingest.parsers.pptxcharts import chart_tables
from ingest.parsers.pptxtables import unmerged
from ingest.parsers.tables import Row
from ingest.types import Section


@dataclass(frozen=True)
class _Slide:
    title: str
    notes: str
    charts: tuple[list[Row], ...]
    is_hidden: bool


def read_docx(path: Path, name: str) -> list[Section]:
    """Headings from the paragraph styles; page numbers where Word has stored them."""
    document = tidied(docx.Document(str(path)))
    file = io.BytesIO()
    document.save(file)
    elements = partition_docx(file=file, include_page_breaks=False, languages=NO_LANGUAGES, unique_element_ids=True)
    titles = _titles(document)
    return sections_of(_below_title(block, titles) for block in blocks_of(elements))


def _titles(document: Document) -> set[str]:
    """Texts in the "Title" style, which the partitioner puts on one level with "Heading 1"."""
    styles = {style.style_id for style in document.styles if style.name == "Title"}
    return {paragraph.text for paragraph in document.paragraphs if paragraph._p.style in styles}


def _below_title(block: Block, titles: set[str]) -> Block:
    if not titles or not isinstance(block, Heading) or block.text in titles:
        return block
    return Heading(block.text, block.depth + 1, block.page)


def read_pptx(path: Path, name: str) -> list[Section]:
    """A page is a slide that is not hidden; its title, where it has one, is the heading, and the speaker notes come
    last."""
    presentation, file = unmerged(pptxruns.tidied(pptx.Presentation(str(path)))), io.BytesIO()
    presentation.save(file)
    elements = partition_pptx(file=file, include_page_breaks=False, languages=NO_LANGUAGES, unique_element_ids=True)
    blocks = {page: list(group) for page, group in groupby(blocks_of(elements), key=lambda block: block.page)}
    slides = enumerate(_slides(presentation), 1)
    seen = ((number, slide) for number, slide in slides if not slide.is_hidden)
    return sections_of(
        block for number, slide in seen for block in _slide_blocks(number, slide, blocks.get(number, []))
    )


def _slides(presentation: Presentation) -> Iterator[_Slide]:
    for slide in presentation.slides:
        title = slide.shapes.title
        frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
        # Line breaks within a paragraph are vertical tabs.
        notes = frame.text.replace("\v", "\n") if frame is not None else ""
        heading = title.text_frame.text if title is not None else ""
        yield _Slide(heading, notes, tuple(chart_tables(slide.shapes)), slide._element.get("show") in ("0", "false"))


def _slide_blocks(number: int, slide: _Slide, body: Iterable[Block]) -> Iterator[Block]:
    """The partitioner guesses titles among the body's paragraphs; only the title placeholder is one."""
    yield Heading(_one_line(slide.title), 0, number)
    title_lines = set(map(_one_line, slide.title.split("\n")))
    for block in body:
        if not isinstance(block, Heading):
            yield block
        elif _one_line(block.text) not in title_lines:
            yield Paragraph(block.text, number)
    for rows in slide.charts:
        yield Table(rows, number)
    if slide.notes.strip():
        yield Paragraph(f"Notes: {slide.notes.strip()}", number)


def _one_line(text: str) -> str:
    return " ".join(text.split())
