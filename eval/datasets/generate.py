"""Questions made from what is indexed, for those who have none of their own yet.

A language model writes a question for a sentence; without one, a question is a heading and the telling words of one
of its sentences. Such questions tell configurations apart; they say little about how people's own questions will fare,
and are marked as synthetic.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.bootstrap import Collection, Services
from api.parts import current_searcher
from eval.datasets.documents import short_names
from eval.datasets.questions import SYNTHETIC
from eval.metrics.text import words
from generation.candidates import Candidate, candidates
from ingest.catalog_rows import CatalogEntry
from ingest.errors import InvalidError, UnavailableError
from retrieval.filters import AnyOf
from retrieval.llm import ChatModel
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
    """`rows` are lines of a question set; `duplicates` and `unanswered` (by search, or by their own passage)
    were left out. `stopped`: why no more were made, where a model or the index failed on the way."""

    rows: list[dict[str, Any]]
    duplicates: int
    unanswered: int
    stopped: str = ""


@dataclass(frozen=True)
class Draft:
    """A question about a sentence of a hit; `document` tells its document from the others."""

    document: str
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
        UnavailableError: the model or the index failed before there was one question.
    """
    collection = services.collection(collection_name)
    drafts = islice(_drafts(services, collection, random.Random(seed), model), _TRIES * count)
    found = select(
        drafts,
        count,
        services.embedder.embed_query,
        lambda draft: _is_answered(services, collection, draft),
    )
    if not found.rows:
        raise InvalidError(f"Collection {collection_name!r} has no sentence that a question could be made of.")
    return found


def select(
    drafts: Iterator[Draft],
    count: int,
    embed: Callable[[str], NDArray[np.float32]],
    answers_itself: Callable[[Draft], bool],
) -> Generated:
    """The first `count` drafts that are unlike each other and answer themselves; fewer where there are no more.

    Raises:
        UnavailableError: drafting failed before there was one.
    """
    kept: list[Draft] = []
    vectors: list[NDArray[np.float32]] = []
    duplicates = unanswered = 0
    stopped = ""
    try:
        while len(kept) < count and (draft := next(drafts, None)):
            vector = embed(draft.question)
            if vectors and float(np.max(np.stack(vectors) @ vector)) > SAME:
                duplicates += 1
            elif not answers_itself(draft):
                unanswered += 1
            else:
                kept.append(draft)
                vectors.append(vector)
    except UnavailableError as error:
        if not kept:
            raise
        stopped = str(error)
    return Generated([_row(number, one) for number, one in enumerate(kept, start=1)], duplicates, unanswered, stopped)


def _drafts(
    services: Services, collection: Collection, chance: random.Random, model: ChatModel | None
) -> Iterator[Draft]:
    """Endless rounds over the documents, one sentence each, until all sentences are used up."""
    entries = services.catalog.page(collection.name, services.settings.access.tenant)
    names = short_names([entry.source for entry in entries])
    chance.shuffle(entries)
    open_documents = [_sentences(entry, services, collection, chance, model) for entry in entries]
    while open_documents:
        remaining = []
        for sentences in open_documents:
            drawn = next(sentences, None)
            if drawn is not None:
                remaining.append(sentences)
                yield replace(drawn, document=names[drawn.document])
        open_documents = remaining


def _sentences(
    entry: CatalogEntry,
    services: Services,
    collection: Collection,
    chance: random.Random,
    model: ChatModel | None,
) -> Iterator[Draft]:
    access = _access(services)
    vector = services.embedder.embed_query(entry.title)
    found = collection.store.dense(vector, access, AnyOf("document_id", (entry.id,)), _ALL)
    hits = [Hit(chunk, 0.0, {}) for chunk in collection.store.fetch([key for key, _ in found], access)]
    if hits and not _is_shown(services, collection, entry.title, hits[0]):
        return
    drawn = [one for one in candidates(hits) if _MIN_WORDS <= len(one.text.split()) <= _MAX_WORDS]
    chance.shuffle(drawn)
    for one in drawn:
        hit = hits[one.marker - 1]
        question = _written(one, hit, model) if model else _keywords(one, hit, collection, access)
        if question:
            yield Draft(entry.source, question, hit, one)


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
    return first_line(reply)


def first_line(reply: str) -> str:
    """Without quote marks round it; "" where a model said nothing."""
    lines = (line.strip().strip('"').strip() for line in reply.splitlines())
    return next(filter(None, lines), "")


def _is_shown(services: Services, collection: Collection, text: str, hit: Hit) -> bool:
    """Whether a search for the text may show the hit: none of a version that made way for a newer one."""
    access = _access(services)
    current = current_searcher(services.settings, collection.store, collection.hybrid, services.catalog)
    query = Query(text, collection.name, access.tenant, access.groups)
    return hit.chunk.document_id not in current.left_out(query, [hit])


def _is_answered(services: Services, collection: Collection, draft: Draft) -> bool:
    """Whether search may show the passage, and the sentence is what it answers the question with."""
    if not _is_shown(services, collection, draft.question, draft.hit):
        return False
    query = Query(draft.question, collection.name, services.settings.access.tenant, top_k=1)
    evidence = services.evidence(collection.store).weigh(query, [draft.hit])
    return bool(evidence.quotes) and words(evidence.quotes[0].text) == words(draft.sentence.text)


def _row(number: int, draft: Draft) -> dict[str, Any]:
    return {
        "id": f"s{number:04}",
        "question": draft.question,
        "answer": draft.sentence.text,
        "answerable": True,
        "evidence": [{"document": draft.document, "quote": draft.sentence.text}],
        "tags": [SYNTHETIC],
    }


def _access(services: Services) -> Access:
    return Access(services.settings.access.tenant, services.settings.access.groups)
