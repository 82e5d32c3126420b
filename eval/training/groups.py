"""Training groups: a question, sentences that might answer it, and which of them do."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.training.passages import Passage
from eval.tuning.reranker.pairs import load_pairs
from ingest.ports import Embedder
from ingest.sentences import sentence_spans

WITHOUT_ANSWER = 0.4
"""Of answerable questions, how many are shown without what answers them: so that neither the form of a question nor
the best of bad candidates passes for an answer."""
WITHOUT_HEADINGS = 0.15
_OWN_BEST, _OWN_OTHERS, _STRANGERS = 3, 1, 1
_MINED = 8
_LONGEST = 400
Terms = Callable[[str], frozenset[int]]


@dataclass(frozen=True)
class Group:
    """`hints` has shape (texts, 2): cosine with the question, and the share of its words that the text holds."""

    question: str
    texts: tuple[str, ...]
    gold: tuple[int, ...]
    hints: NDArray[np.float32]


@dataclass(frozen=True)
class Pool:
    """Texts with vectors, shape (texts, dimension); questions likewise; which texts answer each; which stand beside."""

    texts: list[str]
    questions: list[str]
    vectors: NDArray[np.float32]
    asked: NDArray[np.float32]
    gold: list[list[int]]
    beside: list[list[int]]
    strangers: list[list[int]]


def pool_of_passages(passages: Sequence[Passage], embedder: Embedder) -> Pool:
    texts: list[str] = []
    questions: list[str] = []
    gold: list[list[int]] = []
    beside: list[list[int]] = []
    for passage in passages:
        own = range(len(texts), len(texts) + len(passage.items))
        texts += [passage.framed(item) for item in range(len(passage.items))]
        for one in passage.questions:
            questions.append(one.question)
            gold.append([own[item] for item in one.answers])
            beside.append([row for row in own if row - own.start not in one.answers])
    return _pool(texts, questions, gold, beside, embedder)


def pool_of_pairs(path: Path, limit: int, embedder: Embedder) -> Pool:
    """From {query, positive} a line; the opening sentences of a longer positive stand for it.

    Raises:
        InvalidError: a line is malformed; names file and line.
    """
    pairs = load_pairs(path, limit)
    index: dict[str, int] = {}
    gold = [[index.setdefault(_opening(pair.positive), len(index))] for pair in pairs]
    beside = [[row for row in range(max(0, at - 6), min(len(index), at + 7)) if row != at] for (at,) in gold]
    return _pool(list(index), [pair.query for pair in pairs], gold, beside, embedder)


def groups(pool: Pool, terms: Terms, chance: random.Random) -> Iterator[Group]:
    """One group a question, drawn anew at each call."""
    for number, question in enumerate(pool.questions):
        shown = pool.gold[number][:2]
        if shown and chance.random() < WITHOUT_ANSWER:
            shown = []
        near = sorted(pool.beside[number], key=lambda row: -float(pool.vectors[row] @ pool.asked[number]))
        rows = [*shown, *near[:_OWN_BEST], *_some(near[_OWN_BEST:], _OWN_OTHERS, chance)]
        rows += _some([row for row in pool.strangers[number] if row not in rows], _STRANGERS, chance)
        bare = chance.random() < WITHOUT_HEADINGS
        texts = tuple(pool.texts[row].rsplit("\n", 1)[-1] if bare else pool.texts[row] for row in rows)
        hints = [
            (float(pool.vectors[row] @ pool.asked[number]), overlap(question, pool.texts[row], terms)) for row in rows
        ]
        yield Group(question, texts, tuple(range(len(shown))), np.array(hints, np.float32))


def overlap(question: str, text: str, terms: Terms) -> float:
    """Share of the question's terms that the text holds."""
    wanted = terms(question)
    return len(wanted & terms(text)) / len(wanted) if wanted else 0.0


def _pool(
    texts: list[str], questions: list[str], gold: list[list[int]], beside: list[list[int]], embedder: Embedder
) -> Pool:
    vectors, asked = embedder.embed_documents(texts), embedder.embed_documents(questions)
    strangers = []
    for vector, right, near in zip(asked, gold, beside, strict=True):
        scores = vectors @ vector
        scores[[*right, *near]] = -1.0
        strangers.append([int(row) for row in np.argsort(-scores)[:_MINED]])
    return Pool(texts, questions, vectors, asked, gold, beside, strangers)


def _some(rows: Sequence[int], count: int, chance: random.Random) -> list[int]:
    return chance.sample(rows, min(count, len(rows)))


def _opening(text: str) -> str:
    spans = sentence_spans(text)[:2]
    return text[spans[0][0] : spans[-1][1]][:_LONGEST] if spans else text[:_LONGEST]
