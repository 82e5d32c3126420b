"""The one place where `unstructured` is set up, and where its elements become blocks.

On import `unstructured` reports to its maker's server and later downloads a spaCy model; both are switched off here,
so every module that needs it imports `partition_html` and the like from this one.

The model would only serve to tell narrative text from other text, a difference that no section shows. A blank
English pipeline answers those calls without weights and the same way every time.
"""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

os.environ["DO_NOT_TRACK"] = os.environ["SCARF_NO_ANALYTICS"] = "true"
os.environ["UNSTRUCTURED_DISABLE_NOTICE"] = "1"

import spacy
from lxml import etree
from unstructured.documents.elements import CodeSnippet, Element, Footer, Header, Image, ListItem, PageBreak, Title
from unstructured.documents.elements import Table as TableElement
from unstructured.nlp import tokenize
from unstructured.partition.docx import partition_docx
from unstructured.partition.html import parser as html_parsing
from unstructured.partition.html import partition as html_partition
from unstructured.partition.html import partition_html
from unstructured.partition.pptx import partition_pptx

from ingest.parsers.blocks import Block, Heading, Paragraph, Table
from ingest.parsers.htmltables import rows_of_html

__all__ = ["NO_LANGUAGES", "blocks_of", "partition_docx", "partition_html", "partition_pptx"]

NUMBERED = re.compile(r"(\d\S*|[a-z]|x{0,3}(ix|iv|v?i{1,3}|v|x))[.)]( |$)", re.IGNORECASE)
NO_LANGUAGES = [""]
"""Switches language detection off, which is slow and not repeatable."""


def _blank_pipeline() -> Any:
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    return pipeline


def _huge_parser() -> etree.HTMLParser:
    """The partitioner's own parser, but without the limit of 10 MB for a text, at which it ends silently."""
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
    parser.set_element_class_lookup(html_parsing.element_class_lookup)
    return parser


tokenize._load_spacy_model = _blank_pipeline
html_partition.html_parser = _huge_parser()  # type: ignore[attr-defined]


def blocks_of(elements: Iterable[Element]) -> Iterator[Block]:
    """Headers, footers, images and page breaks are left out."""
    for element in elements:
        page = element.metadata.page_number
        # Office writes a line break within a paragraph as a vertical tab.
        text = element.text.replace("\v", "\n")
        match element:
            case Header() | Footer() | Image() | PageBreak():
                continue
            case Title():
                yield Heading(text, element.metadata.category_depth or 0, page)
            case TableElement() if element.metadata.text_as_html:
                yield Table(rows_of_html(element.metadata.text_as_html), page)
            case ListItem():
                yield Paragraph(_item(text, element.metadata.category_depth), page, is_item=True)
            case CodeSnippet():
                yield Paragraph(text, page)
            case _:
                yield Paragraph(text.strip(), page)


def _item(text: str, depth: int | None) -> str:
    """List items that carry no number of their own get a dash; deeper ones are indented."""
    words = " ".join(text.split())
    indent = "  " * max((depth or 0) - 1, 0)
    return f"{indent}{words}" if NUMBERED.match(words) else f"{indent}- {words}"
