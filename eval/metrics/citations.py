"""Citations by what their sentences rest on (Gao et al., Enabling Large Language Models to Generate Text with
Citations, 2023: ALCE), whether or not a question set knows the place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eval.metrics.ranking import mean

Entails = Callable[[Sequence[str], str], bool]
"""Whether some texts together say what a sentence says."""


@dataclass(frozen=True)
class Cited:
    """A sentence of an answer and what each of the passages that it cites says: marker -> text."""

    sentence: str
    texts: Mapping[int, str]


def alce_recall(cited: Sequence[Cited], entails: Entails) -> float:
    """Share of the sentences that all that they cite, together, entails; 0.0 of none."""
    return mean(_borne(one, entails) for one in cited)


def alce_precision(cited: Sequence[Cited], entails: Entails) -> float:
    """Share of the citations that are needed: their sentence is borne out, and either they entail it alone or the
    others without them do not; 0.0 of none."""
    return mean(_needed(one, marker, entails) for one in cited for marker in one.texts)


def _borne(one: Cited, entails: Entails) -> bool:
    return bool(one.texts) and entails(list(one.texts.values()), one.sentence)


def _needed(one: Cited, marker: int, entails: Entails) -> bool:
    if not _borne(one, entails):
        return False
    others = [text for other, text in one.texts.items() if other != marker]
    return entails([one.texts[marker]], one.sentence) or not entails(others, one.sentence)
