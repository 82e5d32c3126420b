"""An index without a parser and without a model: what the documents and their chunks are is up to the test."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.bootstrap import Collection, Services
from api.settings import load_settings
from eval.experiment.asking import Asked, Asker
from eval.experiment.sets import Case
from ingest.types import Chunk, Document, MetadataValue, Section, chunk_id, document_id_of
from tests.fakes import HashEmbedder

COLLECTION = "kb"


@dataclass(frozen=True)
class Library:
    services: Services
    collection: Collection

    def put(self, source: str, *pieces: str, **metadata: MetadataValue) -> None:
        """A document whose chunks are `pieces`, and whose text is what they make together."""
        tenant = self.services.settings.access.tenant
        key = document_id_of(self.collection.name, tenant, source)
        sections = (Section("".join(pieces)),)
        document = Document(key, self.collection.name, tenant, (), source, source, "0", "1", sections, metadata)
        chunks = list(_chunks(document, pieces))
        self.collection.store.upsert(chunks, self.services.embedder.embed_documents(pieces))
        self.services.catalog.begin(self.collection.name, [key])
        self.services.catalog.commit([(document, len(chunks))])
        self.services.catalog.finish([key])

    def ask(self, *cases: Case, depth: int = 10) -> list[Asked]:
        with asyncio.Runner() as runner:
            asker = Asker(self.services, self.collection, runner, depth, answers=True)
            return [asker.ask_or_fail(case) for case in cases]


@contextmanager
def library(folder: Path, changes: Mapping[str, Any], name: str = COLLECTION) -> Iterator[Library]:
    """`changes`: settings by section."""
    answers = {"cross_encoder": False, **changes.get("answers", {})}
    settings = load_settings(None, {**changes, "data": folder, "answers": answers})
    with Services(settings, embedder=HashEmbedder(dimension=64)) as services:
        yield Library(services, services.collection(name, create=True))


def _chunks(document: Document, pieces: Sequence[str]) -> Iterator[Chunk]:
    start = 0
    for place, text in enumerate(pieces):
        yield Chunk(
            id=chunk_id(document.id, document.revision, place),
            document_id=document.id,
            revision=document.revision,
            tenant=document.tenant,
            groups=(),
            source=document.source,
            title=document.title,
            text=text,
            context="",
            position=place,
            page=None,
            headings=(),
            char_start=start,
            char_end=start + len(text),
            metadata=document.metadata,
        )
        start += len(text)
