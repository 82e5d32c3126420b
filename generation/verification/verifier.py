"""Each sentence of an answer against the passages that it cites."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from generation.citations import Statement
from generation.lists import is_item, leads, read_under, without_label
from generation.outlines import Outline
from generation.ports import Entailment
from generation.types import Ground, Verdict
from generation.verification.checks import counted, disagreement
from generation.verification.claims import Claim, apart, claims
from generation.verification.names import common_in
from generation.verification.numbers import quantities
from generation.verification.placement import crossed
from generation.verification.polarity import checked, excludes, without_lead
from generation.verification.premises import premise
from generation.verification.thesaurus import thesaurus
from generation.verification.units import Unit, pieces, units_of
from generation.verification.words import Terms, Vocabulary, covered, in_english
from ingest.sentences import sentence_spans
from retrieval.types import Hit

_REMEMBERED = 64
_EDGE = re.compile(r"[\s.]*$")


@dataclass(frozen=True)
class Thresholds:
    """`coverage`: the least share of a sentence's words that must stand where it rests. `slack`: how much fewer of its
    words a sentence of the passage may hold than the one with most, and still be what it rests on. `question`: what a
    word of the question weighs in finding it. `own`: the least share that must stand in its text rather than in titles
    and headings. `entailment`: the least probability, by a model, that the passage implies a sentence whose words stand
    there; `despite`: of one whose words do not."""

    coverage: float
    slack: float
    question: float
    own: float
    entailment: float
    despite: float


THRESHOLDS = Thresholds(coverage=0.6, slack=0.1, question=0.25, own=0.3, entailment=0.02, despite=0.27)
"""Chosen on eval/samples/verification/thresholds.jsonl with `eval.bench.verification`, the last two for the model that
ships (log-odds of -4 and -1): with them, on passages of training.jsonl that were kept back from training, as many wrong
sentences pass as by words alone, and a fifth fewer right ones are removed."""


class PassageVerifier:
    """Port `Verifier`: literal checks first, then words, and a model of entailment where there is one.

    A sentence is split into clauses. Each clause must rest on one sentence or row of the passage: nearly the one that
    shares most words with it, and one that holds all its numbers, dates and names beside the same words, and says no
    where it says no.

    Args:
        terms: ids of the stems of a text, without stop words: `Lexicon.terms`.
    """

    def __init__(self, terms: Terms, thresholds: Thresholds, entailment: Entailment | None = None) -> None:
        self._vocabulary, self._thresholds, self._entailment = Vocabulary(terms), thresholds, entailment
        self._words = thesaurus(terms)
        self._known: dict[tuple[int, str, str, str], list[Unit]] = {}

    def verify(self, statement: Statement, hits: Sequence[Hit], question: str) -> Verdict:
        markers = [marker for marker in dict.fromkeys(statement.markers) if 1 <= marker <= len(hits)]
        if not markers:
            return Verdict(False, "It cites no passage.", ())
        for marker in markers:
            if span := _verbatim(statement.text, hits[marker - 1]):
                return Verdict(True, "", (Ground(marker, *span, 1.0),))
        units = [unit for marker in markers for unit in self._units(marker, hits[marker - 1])]
        common = common_in(hits[marker - 1].chunk.text for marker in markers)
        return self._read(statement.text, units, common, question)

    def _units(self, marker: int, hit: Hit) -> list[Unit]:
        """Remembered, since the sentences of an answer cite the same passages; other threads may forget them."""
        key = (marker, hit.chunk.id, hit.chunk.revision, hit.chunk.text)
        units = self._known.get(key)
        if units is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            units = self._known[key] = units_of(marker, hit, self._vocabulary)
        return units

    def _read(self, text: str, units: Sequence[Unit], common: Callable[[str], bool], question: str) -> Verdict:
        grounds: dict[tuple[int, int, int], Ground] = {}
        likely = 1.0
        for sentence in _sentences(text):
            verdict = self._sentence(sentence, units, common, question)
            if not verdict.supported:
                return verdict
            grounds |= {(one.marker, one.start, one.end): one for one in verdict.grounds}
            likely = min(likely, verdict.likely)
        if not grounds:
            return Verdict(False, "It says nothing that could be looked up.", ())
        return Verdict(True, "", tuple(grounds.values()), likely)

    def _sentence(self, text: str, units: Sequence[Unit], common: Callable[[str], bool], question: str) -> Verdict:
        if not units:
            return Verdict(False, "The passage says nothing.", ())
        asked = self._vocabulary.stems(question)
        used: list[Unit] = []
        for claim in claims(text, self._vocabulary, common):
            reason, places = self._places(claim, units, asked)
            used += [unit for unit in places if not any(unit is one for one in used)]
            if reason:
                return Verdict(False, f"{reason}.", (_ground(places[0], claim.stems),))
        said = [frozenset(self._vocabulary.stems(piece)) for piece in pieces(text)]
        for unit in used:
            if not unit.is_row and crossed(said, [part.facts.stems for part in unit.parts]):
                reason = f"It puts together what [{unit.candidate.marker}] says of different things."
                return Verdict(False, reason, (_ground(unit, asked),))
        return self._enough(text, used, units)

    def _places(self, claim: Claim, units: Sequence[Unit], asked: dict[int, str]) -> tuple[str, list[Unit]]:
        """As `_place`, or each piece of a clause by itself that no unit bears as a whole: "Plus €25, Pro €60"."""
        reason, unit = self._place(claim, units, asked)
        found = [(one, *self._place(one, units, asked)) for one in apart(claim, self._vocabulary)] if reason else []
        several = any(place is not found[0][2] for _, _, place in found)
        if several and not any(amiss or not self._about(one, place) for one, amiss, place in found):
            return "", [place for _, _, place in found]
        return reason, [unit]

    def _about(self, claim: Claim, unit: Unit) -> bool:
        """A row is named anyway; of a sentence the clause has the first word, so that nothing is said of another."""
        return unit.is_row or next(iter(self._vocabulary.stems(unit.text)), None) in claim.stems

    def _place(self, claim: Claim, units: Sequence[Unit], asked: dict[int, str]) -> tuple[str, Unit]:
        """The unit that a clause rests on; with a reason, the nearest, and why it does not bear it."""
        weights = {**dict.fromkeys(asked, self._thresholds.question), **dict.fromkeys(claim.around, 0.5)}
        weights |= dict.fromkeys(claim.stems, 1.0)
        weights |= {stem: 0.5 for name in claim.names for stem in self._vocabulary.stems(name.text)}
        total = sum(weights.values()) or 1.0
        scored = [((_weight(weights, unit) + counted(claim, unit)) / total, unit) for unit in units]
        scored.sort(key=lambda item: -item[0])
        near = [unit for score, unit in scored if score >= scored[0][0] - self._thresholds.slack]
        verdicts = [
            (*disagreement(claim, unit, frozenset(asked), self._vocabulary, self._words), unit) for unit in near
        ]
        _, reason, unit = max(verdicts, key=lambda verdict: verdict[0])
        return reason, unit

    def _enough(self, text: str, used: Sequence[Unit], units: Sequence[Unit]) -> Verdict:
        words = self._vocabulary.stems(without_lead(text))
        used = _completed(words, used, units)
        amiss = self._amiss(words, len([one for one in quantities(text) if not one.weak]), used)
        reason, likely = self._judged(text, units, amiss)
        return Verdict(not reason, reason, tuple(_ground(unit, words) for unit in used), likely)

    def _amiss(self, words: dict[int, str], numbers: int, used: Sequence[Unit]) -> str:
        """Which words the units lack, where too many do, or whether only titles have them."""
        there = frozenset().union(*(unit.stems for unit in used))
        own = frozenset().union(*(unit.read for unit in used))
        telling = {stem: word for stem, word in words.items() if not checked(word)} or words
        missing = [word for stem, word in telling.items() if not self._words.covers(stem, there)]
        said = len(telling) + numbers
        if (said - len(missing)) / max(said, 1) < self._thresholds.coverage:
            unsaid = ", ".join(f"“{word}”" for word in missing)
            return f"The passage does not speak of {unsaid}."
        beyond_titles = numbers + sum(self._words.covers(stem, own) for stem in telling)
        return "Little more than a title says so." if beyond_titles < self._thresholds.own * said else ""

    def _judged(self, text: str, units: Sequence[Unit], amiss: str) -> tuple[str, float]:
        """What the model of entailment, if any, lets pass in spite of words, which takes English (of other languages
        small models take for the same whatever is not clearly something else), or denies in spite of them; and how
        likely it is, in English."""
        if not self._entailment:
            return amiss, 1.0
        read = premise(text, units, self._vocabulary, self._words)
        english = in_english(text) and in_english(read)
        if amiss and not english:
            return amiss, 1.0
        likely = float(self._entailment.probabilities([(read, text)])[0])
        if likely >= (self._thresholds.despite if amiss else self._thresholds.entailment):
            return "", likely if english else 1.0
        return amiss or f"The passage does not seem to say so ({likely:.2f}).", likely


def _weight(weights: dict[int, float], unit: Unit) -> float:
    """Words of the sentence count in full, those of its frame for half, since its neighbours share them."""
    return sum(weight * (1.0 if stem in unit.read else 0.5) for stem, weight in weights.items() if stem in unit.stems)


def _completed(words: dict[int, str], used: Sequence[Unit], units: Sequence[Unit]) -> list[Unit]:
    """With one more unit, where a sentence that rests on one alone has words that only another holds."""
    if len(used) != 1:
        return list(used)
    gain, best = max(((covered(words, used[0].stems, unit.stems), unit) for unit in units), key=lambda item: item[0])
    return [*used, best] if gain > covered(words, used[0].stems) else list(used)


def _ground(unit: Unit, words: dict[int, str]) -> Ground:
    one = unit.candidate
    return Ground(one.marker, one.start, one.end, round(covered(words, unit.stems), 4))


def _sentences(text: str) -> Iterator[str]:
    """Those that say something."""
    for start, end in sentence_spans(text) or [(0, len(text))]:
        body = without_lead(without_label(text[start:end]))
        if any(map(str.isalnum, body)):
            yield body


def _verbatim(text: str, hit: Hit) -> tuple[int, int] | None:
    """Where whole sentences of the passage stand in the statement word for word; a full stop may lack or be added.

    An item of a list counts together with what leads the list in. By itself it does not where that denies, since it
    would say the opposite.
    """
    passage, wanted = hit.chunk.text, _bare(text)
    outline = Outline(passage, hit.chunk.headings)
    spans = [(one.start, one.end) for one in outline.found]
    ends = {start + len(_bare(passage[start:end])): end for start, end in spans}
    known = leads(outline)
    items = {start: known[start] for start, end in spans if start in known and is_item(passage[start:end])}
    starts = {start for start, _ in spans if not excludes(items.get(start, ""))}
    at = passage.find(wanted) if wanted else -1
    while at >= 0:
        if at in starts and at + len(wanted) in ends:
            return at, ends[at + len(wanted)]
        at = passage.find(wanted, at + 1)
    under = (span for span in spans if span[0] in items)
    return next((one for one in under if _bare(read_under(items[one[0]], passage[slice(*one)])) == wanted), None)


def _bare(text: str) -> str:
    return _EDGE.sub("", text.strip())
