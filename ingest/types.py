"""What ingestion emits: a document is sections, a chunk is a quotable span of one section."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

MetadataValue: TypeAlias = str | int | float | bool
Metadata: TypeAlias = Mapping[str, MetadataValue]
Box: TypeAlias = tuple[float, float, float, float]

_DOCUMENTS = uuid.UUID("0b9a2c1e-7a55-5f0c-8a86-2f4f5f6b9d20")
_CHUNKS = uuid.UUID("6f5f9a0e-6a7e-5d43-9a53-1f8c6f1b7d11")
SECTION_SEPARATOR = "\n\n"
EVERYONE = "everyone"
"""The group every member of a tenant belongs to; a document without groups is readable by it."""

FILE_ID = "file_id"
"""Metadata key in which the server keeps which of its files a passage comes from."""


@dataclass(frozen=True)
class Section:
    """A run of text under one heading path, on one page.

    `boxes` has shape (len(text), 4), float32: left, top, right, bottom of every character in points
    (1/72 inch) from the top left corner of the page; None where the format has no fixed layout. `unread_pages` of the
    first section of a file names the pages that show something but hold no text, such as "2-6, 9".
    """

    text: str
    page: int | None = None
    headings: tuple[str, ...] = ()
    boxes: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    kind: Literal["text", "table"] = "text"
    unread_pages: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Document:
    """One source in one version. `text` is what every character offset refers to."""

    id: str
    collection: str
    tenant: str
    groups: tuple[str, ...]
    source: str
    title: str
    sha256: str
    revision: str
    sections: tuple[Section, ...]
    metadata: Metadata = field(default_factory=dict)

    @cached_property
    def text(self) -> str:
        return joined_text(self.sections)

    @cached_property
    def section_starts(self) -> tuple[int, ...]:
        """Offset in `text` at which each section starts."""
        return section_starts(self.sections)


@dataclass(frozen=True)
class Chunk:
    """A span of a document: `document.text[char_start:char_end] == text`.

    `context` (title and heading path) is embedded and indexed with the text but never quoted.
    `revision` names the version of the document that the chunk was cut from.
    """

    id: str
    document_id: str
    revision: str
    tenant: str
    groups: tuple[str, ...]
    source: str
    title: str
    text: str
    context: str
    position: int
    page: int | None
    headings: tuple[str, ...]
    char_start: int
    char_end: int
    kind: Literal["text", "table"] = "text"
    metadata: Metadata = field(default_factory=dict)

    @property
    def indexed_text(self) -> str:
        """What is embedded and indexed for BM25."""
        return f"{self.context}\n{self.text}" if self.context else self.text


def joined_text(sections: Iterable[Section]) -> str:
    """The text of a document of these sections, which every character offset refers to."""
    return SECTION_SEPARATOR.join(section.text for section in sections)


def section_starts(sections: Sequence[Section]) -> tuple[int, ...]:
    starts, offset = [], 0
    for section in sections:
        starts.append(offset)
        offset += len(section.text) + len(SECTION_SEPARATOR)
    return tuple(starts)


def chunk_id(document_id: str, revision: str, position: int) -> str:
    """Deterministic, and different in every revision, so that two revisions never share a point."""
    return str(uuid.uuid5(_CHUNKS, f"{document_id}\n{revision}\n{position}"))


def document_id_of(collection: str, tenant: str, source: str) -> str:
    """Deterministic: the same source in the same place is the same document."""
    return str(uuid.uuid5(_DOCUMENTS, f"{tenant}\n{collection}\n{source}"))
