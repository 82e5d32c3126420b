"""A question that asks several things is searched for part by part."""

import re
from dataclasses import replace
from itertools import chain, zip_longest

from retrieval.ports import Searcher
from retrieval.types import Hit, Query

_ASKS = r"(?:what|which|who|whom|whose|when|where|why|how|is|are|do|does|did|can|could|may|must|should|will|has|have)"
_FRAGT = (
    r"(?:(?:ab|an|auf|aus|bei|bis|durch|für|in|mit|nach|seit|um|unter|von|vor|zu)\s+)?"
    r"(?:was|wer|wen|wem|wessen|wann|wie|wieviele?|warum|wieso|weshalb|welche[mnrs]?|wo(?:hin|her|für|mit|von|zu)?)\b"
    r"|(?:gibt|ist|sind|hat|habe|haben|kann|können|darf|dürfen|muss|müssen|soll|sollen|wird|werden)\s+"
    r"(?:ich|wir|man|es|das|die|der|dies\w*)\b"
)
"""German: a verb alone may go on with what was said ("und muss ihn unterschreiben")."""
_JOINT = re.compile(
    rf"(?<=[?])\s+(?=\S)|\s*[,;]?\s+(?:and|or)\s+(?={_ASKS}\b)|\s*[,;]?\s+(?:und|oder|sowie)\s+(?={_ASKS}\b|{_FRAGT})"
    rf"|\s*;\s+(?={_ASKS}\b|{_FRAGT})",
    re.IGNORECASE,
)
_OPENS = re.compile(
    rf"\W*(?:(?:and|or|in|on|at|for|from|by|to|with|of)\s+)?{_ASKS}\b|\W*(?:(?:und|oder|sowie)\s+)?(?:{_FRAGT})",
    re.IGNORECASE,
)
_MOST = 4
_FEWEST_WORDS = 3


class PartsSearcher:
    """Port `Searcher` round another one: the whole question and each of its parts are searched for, and their hits
    taken in turn; a hit's score is 1 / rank."""

    def __init__(self, inner: Searcher) -> None:
        self._inner = inner

    def search(self, query: Query) -> list[Hit]:
        pieces = parts(query.text)
        if len(pieces) < 2:
            return self._inner.search(query)
        rankings = [self._inner.search(replace(query, text=text)) for text in (*pieces, query.text)]
        best: dict[str, Hit] = {}
        for hit in chain.from_iterable(zip_longest(*rankings)):
            if hit is not None:
                best.setdefault(hit.chunk.id, hit)
        turns = list(best.values())[: query.top_k]
        return [replace(hit, score=1.0 / rank) for rank, hit in enumerate(turns, start=1)]


def parts(text: str) -> list[str]:
    """The questions that a text asks, at most four; the text alone where it asks one.

    "How long is parental leave, and who approves it?" are two; "Who approves leave and travel?" is one.
    """
    pieces = [piece.strip() for piece in _JOINT.split(" ".join(text.split())) if piece.strip()]
    asked = all(_OPENS.match(piece) and len(piece.split()) >= _FEWEST_WORDS for piece in pieces)
    return pieces[:_MOST] if asked and len(pieces) > 1 else [text]
