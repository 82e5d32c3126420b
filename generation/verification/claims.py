"""The clauses of a sentence, and what each says."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from generation.verification.dates import Day
from generation.verification.names import Name, begins_a_name, names
from generation.verification.numbers import Quantity
from generation.verification.units import Facts, facts_of, pieces
from generation.verification.words import Vocabulary

_CLAUSE = re.compile(
    r"[;:]\s|,?\s(?=(?:but|while|whereas|although|though|because|aber|während|weil)\s)"
    r"|,\s(?=(?:and|so|since|unless|which|und|da)\s)",
    re.IGNORECASE,
)


_SUBJECT = re.compile(
    r"([A-Z][\w'’-]+)(?: [\w'’-]+){0,2}? (?:is|was|has|had|does|did|may|must|can|will|should|cannot|never)\b"
)
_SINGULAR = re.compile(r"[A-Z][\w'’-]+ (?:is|was|has|does)\b")


@dataclass(frozen=True)
class Claim:
    """A clause of a `sentence`. `stems` are its own content words, `around` those of the rest of the sentence,
    `said` all numbers of the sentence, `days` all dates; `opening` is the word that begins it, where that may be
    a name."""

    text: str
    sentence: str
    stems: dict[int, str]
    around: frozenset[int]
    facts: Facts
    names: tuple[Name, ...]
    pieces: tuple[tuple[str, Facts], ...]
    said: tuple[Quantity, ...]
    days: tuple[Day, ...]
    opening: str


def claims(sentence: str, vocabulary: Vocabulary, common: Callable[[str], bool]) -> list[Claim]:
    """The clauses of a sentence that hold a word or a number; at least one."""
    everything = frozenset(vocabulary.stems(sentence))
    whole = facts_of(sentence, vocabulary)
    named = names(sentence, common)
    found: list[Claim] = []
    for start, end in _clauses(sentence):
        text = sentence[start:end]
        stems = vocabulary.stems(text)
        inside = tuple(name for name in named if start <= name.start < end)
        parts = tuple((piece, facts_of(piece, vocabulary)) for piece in pieces(text))
        facts, first = facts_of(text, vocabulary), "" if found else _opening(sentence)
        found.append(
            Claim(
                text,
                sentence,
                stems,
                everything - set(stems),
                facts,
                inside,
                parts,
                whole.quantities,
                whole.dates,
                first,
            )
        )
    telling = [one for one in found if one.stems or one.facts.quantities or one.facts.dates]
    return telling or found[:1]


def apart(claim: Claim, vocabulary: Vocabulary) -> list[Claim]:
    """The pieces of a clause, each as a clause that must say for itself what its number is of; none where one has no
    number, or nothing that it is of."""
    found: list[Claim] = []
    at = claim.sentence.index(claim.text)
    for text, facts in claim.pieces:
        at = claim.sentence.index(text, at)
        names = tuple(name for name in claim.names if at <= name.start < at + len(text))
        stems = vocabulary.stems(text)
        numbered = any(not one.weak for one in facts.quantities)
        if not numbered or not (stems or names):
            return []
        opening = "" if found else claim.opening
        one = replace(claim, text=text, stems=stems, facts=facts, names=names, opening=opening, pieces=((text, facts),))
        found.append(replace(one, around=frozenset(), said=facts.quantities, days=facts.dates))
        at += len(text)
    return found if len(found) > 1 else []


def _opening(sentence: str) -> str:
    """The first word, where it or a few words with it are the subject without an article, as English has it for names
    and plurals."""
    found = _SUBJECT.match(sentence)
    if not found or found[1].endswith(("ing", "ed")) or (found[1].endswith("s") and not _SINGULAR.match(sentence)):
        return ""
    return found[1] if begins_a_name(found[1]) else ""


def _clauses(sentence: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _CLAUSE.finditer(sentence):
        yield start, found.start()
        start = found.end()
    yield start, len(sentence)
