"""Questions made from what is indexed, for those who have none of their own yet.

A language model writes a question for a sentence; without one, a question is a heading and the telling words of one
of its sentences. Such questions tell configurations apart; they say little about how people's own questions will fare,
and are marked as synthetic.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any

import numpy as np

from api.bootstrap import Collection, Services
from eval.datasets.questions import SYNTHETIC
from eval.llm import ChatModel
from eval.metrics.text import words
from generation.candidates import Candidate, candidates
from ingest.catalog import CatalogEntry
from ingest.errors import InvalidError
from retrieval.types import Access, Hit, Query

TELLING = 4
"""Words of a sentence that go into its question."""
SAME = 0.9
"""Cosine over which two questions count as one."""
_PROMPT = """Here is a passage of the document "{title}":

{passage}

Write one short question, as an employee would type it, that is answered by this sentence of it, and by nothing else:

{sentence}

Reply with the question alone."""
_MIN_WORDS, _MAX_WORDS = 6, 60
_ALL = 10_000
_TRIES = 4
"""Questions made for each one that is wanted: some are alike, some are not answered."""


@dataclass(frozen=True)
class Generated:
    """`rows` are lines of a question set; the others were left out."""

    rows: list[dict[str, Any]]
    duplicates: int
    unanswered: int


@dataclass(frozen=True)
class _Draft:
    question: str
    hit: Hit
    sentence: Candidate


def generate_questions(
    services: Services, collection_name: str, count: int, seed: int, model: ChatModel | None = None
) -> Generated:
    """Draw sentences from the indexed documents, each document as often as any other.

    Args:
        model: writes the questions.

    Raises:
        NotFoundError: there is no such collection.
        InvalidError: nothing in it can be asked about.
    """
    collection = services.collection(collection_name)
    chance = random.Random(seed)
    kept: list[_Draft] = []
    vectors: list[np.ndarray[Any, Any]] = []
    duplicates = unanswered = 0
    for draft in islice(_drafts(services, collection, chance, model), _TRIES * count):
        vector = services.embedder.embed_query(draft.question)
        if vectors and float(np.max(np.stack(vectors) @ vector)) > SAME:
            duplicates += 1
        elif not _answers_itself(services, collection, draft):
            unanswered += 1
        else:
            kept.append(draft)
            vectors.append(vector)
        if len(kept) == count:
            break
    if not kept:
        raise InvalidError(f"Collection {collection_name!r} has no sentence that a question could be made of.")
    return Generated([_row(number, draft) for number, draft in enumerate(kept, start=1)], duplicates, unanswered)


def _drafts(
    services: Services, collection: Collection, chance: random.Random, model: ChatModel | None
) -> Iterator[_Draft]:
    """Endless rounds over the documents, one sentence each, until all sentences are used up."""
    entries = services.catalog.page(collection.name, services.settings.access.tenant)
    chance.shuffle(entries)
    open_documents = [_sentences(entry, services, collection, chance, model) for entry in entries]
    while open_documents:
        remaining = []
        for sentences in open_documents:
            drawn = next(sentences, None)
            if drawn is not None:
                remaining.append(sentences)
                yield drawn
        open_documents = remaining


def _sentences(
    entry: CatalogEntry,
    services: Services,
    collection: Collection,
    chance: random.Random,
    model: ChatModel | None,
) -> Iterator[_Draft]:
    access = _access(services)
    vector = services.embedder.embed_query(entry.title)
    found = collection.store.dense(vector, access, {"document_id": entry.id}, _ALL)
    hits = [Hit(chunk, 0.0, {}) for chunk in collection.store.fetch([key for key, _ in found], access)]
    drawn = [one for one in candidates(hits) if _MIN_WORDS <= len(one.text.split()) <= _MAX_WORDS]
    chance.shuffle(drawn)
    for one in drawn:
        hit = hits[one.marker - 1]
        question = _written(one, hit, model) if model else _keywords(one, hit, collection, access)
        if question:
            yield _Draft(question, hits[one.marker - 1], one)


def _keywords(one: Candidate, hit: Hit, collection: Collection, access: Access) -> str:
    """Where it stands, and its rarest words in their order; "" where they tell nothing."""
    terms = {word: term for word in one.text.split() for term in collection.store.terms(word)}
    rarity = collection.store.idf(terms.values(), access)
    rarest = set(sorted(terms, key=lambda word: (-rarity[terms[word]], word))[:TELLING])
    telling = [word.strip(".,;:()\"'|") for word in dict.fromkeys(one.text.split()) if word in rarest]
    if len(telling) < TELLING:
        return ""
    place = hit.chunk.headings[-1] if hit.chunk.headings else hit.chunk.title
    return f"{place}: what about {', '.join(telling)}?"


def _written(one: Candidate, hit: Hit, model: ChatModel) -> str:
    reply = model.complete(_PROMPT.format(title=hit.chunk.title, passage=hit.chunk.text, sentence=one.text), 60)
    return reply.strip().strip('"').splitlines()[0] if reply.strip() else ""


def _answers_itself(services: Services, collection: Collection, draft: _Draft) -> bool:
    """Whether the sentence is what its own passage answers the question with."""
    query = Query(draft.question, collection.name, services.settings.access.tenant, top_k=1)
    evidence = services.evidence(collection.store).weigh(query, [draft.hit])
    return bool(evidence.quotes) and words(evidence.quotes[0].text) == words(draft.sentence.text)


def _row(number: int, draft: _Draft) -> dict[str, Any]:
    return {
        "id": f"s{number:04}",
        "question": draft.question,
        "answer": draft.sentence.text,
        "answerable": True,
        "evidence": [{"document": PurePath(draft.hit.chunk.source).name, "quote": draft.sentence.text}],
        "tags": [SYNTHETIC],
    }


def _access(services: Services) -> Access:
    return Access(services.settings.access.tenant, services.settings.access.groups)
