"""Every engine, and chunks to put into it."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import NAMESPACE_URL, uuid4, uuid5

import numpy as np
import pytest
from numpy.typing import NDArray
from qdrant_client import QdrantClient

from ingest.types import Chunk
from retrieval.filters import parse
from retrieval.ports import Store
from retrieval.store.bm25 import Bm25Parameters
from retrieval.store.edge import EdgeStore
from retrieval.store.identity import Identity
from retrieval.store.options import IndexOptions
from retrieval.store.server import ServerStore
from retrieval.types import Access

DIMENSION = 8
IDENTITY = Identity("test-model", DIMENSION, Bm25Parameters(avg_len=4))
READER = Access("acme")
SMALL = IndexOptions("int8", "disk", hnsw_m=8, hnsw_ef_construct=16, hnsw_ef=32)


@dataclass
class Backend:
    """Opens the same index again and again; `reopen` gives up the store that was open."""

    make: Callable[[Identity], Store]
    close_first: bool
    store: Store | None = None

    def reopen(self, identity: Identity = IDENTITY) -> Store:
        if self.store and self.close_first:
            self.store.close()
        self.store = self.make(identity)
        return self.store


@pytest.fixture(params=["edge", "edge-small", "memory", "server"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    if request.param.startswith("edge"):
        options = SMALL if request.param == "edge-small" else IndexOptions()
        yield (edge := Backend(lambda identity: EdgeStore(tmp_path / "index", identity, options), close_first=True))
        if edge.store:
            edge.store.close()
        return
    url = os.environ.get("QDRANT_URL")
    if request.param == "server" and not url:
        pytest.skip("set QDRANT_URL to a Qdrant server to run this")
    client = QdrantClient(url=url, check_compatibility=False) if request.param == "server" else QdrantClient(":memory:")
    name = f"test-{uuid4()}"
    yield Backend(lambda identity: ServerStore(client, url or ":memory:", name, identity), close_first=False)
    client.delete_collection(f"{name}~1")
    client.close()


@pytest.fixture
def store(backend: Backend) -> Store:
    return backend.reopen()


def chunk(text: str, document_id: str = "doc", position: int = 0, tenant: str = "acme", **more: object) -> Chunk:
    blank = Chunk(
        id=str(uuid5(NAMESPACE_URL, f"{tenant}|{document_id}|{position}|{text}")),
        document_id=document_id,
        revision="1",
        tenant=tenant,
        groups=(),
        source="handbook/leave.md",
        title="Leave",
        text=text,
        context="",
        position=position,
        page=None,
        headings=(),
        char_start=0,
        char_end=len(text),
    )
    return replace(blank, **more)  # type: ignore[arg-type]


def unit(*values: float) -> NDArray[np.float32]:
    """A vector of shape (DIMENSION,) and length 1 that starts with `values`."""
    vector = np.zeros(DIMENSION, np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def put(store: Store, *chunks: Chunk) -> None:
    store.upsert(chunks, np.stack([unit(1, 0.1 * chunk.position) for chunk in chunks]))


def found(
    store: Store, access: Access = READER, filters: Mapping[str, object] | None = None, text: str = "leave"
) -> set[str]:
    """Texts that both branches find, which must be the same ones."""
    dense = store.fetch([key for key, _ in store.dense(unit(1), access, parse(filters or {}), 100)], access)
    words = store.fetch([key for key, _ in store.bm25(text, access, parse(filters or {}), 100)], access)
    assert {one.id for one in dense} == {one.id for one in words}
    return {one.text for one in dense}
