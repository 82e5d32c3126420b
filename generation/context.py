"""Hits become the passages that a generator reads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from generation.prompting import RULES, asked, passage
from generation.tokens import estimate
from generation.types import Packed
from ingest.errors import InvalidError
from retrieval.neighbours import whole
from retrieval.types import Hit

TEMPLATE = 32
"""Tokens that a chat template puts round two messages, as far as nobody has counted them."""
_BETWEEN = 2
_LONGEST_MARKER = 999


class Unlimited:
    """Port `ContextPacker` for a generator that reads everything."""

    def pack(self, question: str, hits: Sequence[Hit]) -> Packed:
        return Packed(tuple(hits))


class Packer:
    """Port `ContextPacker` for a language model.

    Each hit is taken whole or not at all, the best ones first; so are tables. What stands side by side in a document
    becomes one passage, or stands side by side again. The best passage comes first and the second best last, because
    models overlook what stands in the middle (Liu et al. 2023, "Lost in the Middle").

    Where everything fits by a careful estimate nothing is counted: a server that counts is asked passage by passage,
    which takes longer than all else that is done here.

    Args:
        room: tokens for the whole prompt: the context window without what is kept for the answer.
        count: tokens of a text.
        text_of: document id -> its text, which the characters of chunks refer to.
        template: tokens that the chat template puts round two messages.
    """

    def __init__(
        self, room: int, count: Callable[[str], int], text_of: Callable[[str], str], template: int = TEMPLATE
    ) -> None:
        self._room, self._count, self._text_of = room - template, count, text_of

    def pack(self, question: str, hits: Sequence[Hit]) -> Packed:
        kept = hits if self._surely_fit(question, hits) else self._fitting(question, hits)
        passages = [joined for run in ends_first(_runs(kept)) for joined in self._joined(run)]
        return Packed(tuple(passages), len(hits) - len(kept))

    def _surely_fit(self, question: str, hits: Sequence[Hit]) -> bool:
        texts = [RULES, asked(question, ()), *(passage(_LONGEST_MARKER, hit) for hit in hits)]
        return sum(estimate(text) + _BETWEEN for text in texts) <= self._room

    def _fitting(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        left = self._room - self._count(RULES) - self._count(asked(question, ()))
        kept = []
        for hit in hits:
            cost = self._count(passage(_LONGEST_MARKER, hit)) + _BETWEEN
            if cost <= left:
                kept.append(hit)
                left -= cost
        if hits and not kept:
            raise InvalidError(
                "The question leaves no room for a passage in the language model's context; ask a shorter one, or "
                "raise answers.context_tokens."
            )
        return kept

    def _joined(self, run: Sequence[Hit]) -> Iterator[Hit]:
        for _, group in groupby(run, _place):
            parts = list(group)
            yield from self._one(parts) if len(parts) > 1 and parts[0].chunk.kind == "text" else parts

    def _one(self, parts: Sequence[Hit]) -> Sequence[Hit]:
        """One passage under the id of its first part; the parts themselves where the document was replaced since."""
        first, best = parts[0].chunk, max(parts, key=lambda hit: hit.score)
        grown = whole(first, [hit.chunk for hit in parts], self._text_of)
        return parts if grown is first else [replace(best, chunk=grown)]


def ends_first(runs: Sequence[Sequence[Hit]]) -> list[Sequence[Hit]]:
    """Best first, second best last, third best second ..."""
    return [*runs[::2], *reversed(runs[1::2])]


def _runs(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Hits that stand side by side in a document, in its order; the runs in the order of their best hits."""
    rank = {hit.chunk.id: place for place, hit in enumerate(hits)}
    runs: list[list[Hit]] = []
    for hit in sorted(hits, key=lambda one: (one.chunk.document_id, one.chunk.revision, one.chunk.char_start)):
        if runs and _beside(runs[-1][-1], hit):
            runs[-1].append(hit)
        else:
            runs.append([hit])
    return sorted(runs, key=lambda run: min(rank[hit.chunk.id] for hit in run))


def _beside(before: Hit, after: Hit) -> bool:
    left, right = before.chunk, after.chunk
    same = (left.document_id, left.revision) == (right.document_id, right.revision)
    return same and (right.position - left.position == 1 or right.char_start <= left.char_end)


def _place(hit: Hit) -> tuple[object, ...]:
    chunk = hit.chunk
    return chunk.page, chunk.headings, chunk.kind
