"""Sentences that a generator writes become what may be shown of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from generation.candidates import asks
from generation.citations import Statement, citation_at
from generation.ports import Verifier
from generation.prompting import origin
from generation.streaming import Draft
from generation.tokens import estimate
from generation.types import Citation, Ground, Quote, Removed, Verdict, Verification
from generation.verification.numbers import quantities
from generation.verification.polarity import without_lead
from retrieval.types import Hit

TWICE = "It was said already."
ECHO = "It says where a passage is from."
ASKS = "It asks."
OF_PASSAGES = "It speaks of the passages rather than of what they say."
STUCK = "It says the same words again and again."
ELSEWHERE = "These few words are an answer only beside the question, and the passages answer that elsewhere."
JSON = "It is JSON, and no passage has it so."
UNSAID = "Not a word of it stands in the passage, which does not surely say so."
CUT = "It was cut off: answers.max_tokens allows no more, or the model's server filters what it says."
_ANEW = 0.8
"""Least support of a sentence that no passage bears which it cites itself: what a model did not look up it often made
up from words of the passages."""
_LIKELY = 0.5
"""Least probability of one, by the model of entailment where there is one: that it is as sure as not."""
_FEWEST = 9
"""Tokens of such a sentence, about five words: what is shorter, such as a name, stands somewhere and says nothing by
itself."""
_ANY = 0.3
"""Least support of a sentence with fewer tokens than that, unless the model of entailment is as sure as `_ANEW`: of a
few words ("Unpaid.") it takes much for possible."""
_FRAGMENT, _BEST = 3, 3
"""Of so many words a sentence is no more than a value, and must stand in one of so many best quotes: nine in ten right
ones are among them."""
_MENTION = re.compile(
    r"\W*(?:(?:all|none|any|some|each|one|two|three) of )?(?:the|this|that|these|those|each|every|no|both|neither) "
    r"(?:(?:given|provided|above|following|first|second|third|last) )?(passage|context|excerpt|snippet)s?\b",
    re.IGNORECASE,
)
_IN_JSON = re.compile(r"\{|\"[\w -]+\"\s*:")
_SAYS = re.compile(r"\b(?:says?|states?|that|accord\w*)\b", re.IGNORECASE)

_ROUND = 3


@dataclass
class SentenceCheck:
    """Of one answer: lets the sentences through that their passages bear, with the markers of those that do.

    One that the passages it cites do not bear is repaired once, where another passage bears it: it cites that one
    instead. All others are left out, and so is what was said before.

    `quotes`: sentences of the hits, the likeliest answer first. A few words ("Until 31 December.") say something only
    beside the question, so that they must stand in one of the best.
    """

    verifier: Verifier
    hits: Sequence[Hit]
    question: str
    quotes: Sequence[Quote] = ()
    citations: list[Citation] = field(default_factory=list)
    result: Verification = field(default_factory=Verification)
    _said: set[str] = field(default_factory=set)
    _read: set[str] = field(default_factory=set)
    _repeated: int = 0
    _lead: Draft | None = None
    """The last that was shown with an item below it."""
    _header: str = ""

    @property
    def goes_round(self) -> bool:
        """Whether the last sentences were all there before: small models may repeat themselves without end."""
        return self._repeated >= _ROUND

    def passed(self, draft: Draft) -> str:
        """What is to be shown of it, with what stands between it and the sentence shown before; or nothing."""
        said = _plain(draft.claim.text)
        self._repeated = self._repeated + 1 if said in self._read else 0
        self._read.add(said)
        idle = self._idle(said)
        kept, verdict = (draft, Verdict(False, idle, ())) if idle else self._borne(draft)
        if not verdict.supported:
            self.remove(draft, verdict.reason)
            return ""
        self._said.add(said)
        self.citations += self._cited(verdict)
        text = self._shown(kept.citing(tuple(dict.fromkeys(one.marker for one in verdict.grounds))))
        recited = self.result.recited + (kept is not draft)
        self.result = replace(self.result, kept=self.result.kept + 1, recited=recited)
        return text

    def remove(self, draft: Draft, reason: str) -> None:
        removed = Removed(draft.claim.text, reason)
        self.result = replace(self.result, removed=(*self.result.removed, removed))

    def _shown(self, kept: Draft) -> str:
        """With its lead, where no item was shown below that before."""
        shown = [kept]
        if kept.lead and kept.lead is not self._lead:
            shown = [kept.lead.citing(kept.statement.markers), kept]
        self._lead = kept.lead
        text = "".join(one.before + self._header_of(one) + one.text for one in shown)
        return text if self.result.kept else text.removeprefix(shown[0].before)

    def _header_of(self, kept: Draft) -> str:
        """Where no row was shown below it before, and a passage or the question has all its names."""
        new, self._header = kept.header != self._header, kept.header
        texts = [_plain(text) for hit in self.hits for text in (hit.chunk.text, hit.chunk.context)]
        names = filter(None, (_plain(cell).strip("*_ ") for cell in kept.header.partition("\n")[0].split("|")))
        known = all(any(name in text for text in (*texts, _plain(self.question))) for name in names)
        return f"{kept.header}\n" if kept.header and new and known else ""

    def _idle(self, said: str) -> str:
        """Why a sentence is none that could be verified, for people; empty where it is one."""
        if asks(said):
            return ASKS
        if said in self._said:
            return TWICE
        if said in self._echoes:
            return ECHO
        if _stuck(said):
            return STUCK
        if _IN_JSON.match(said) and not any(said in _plain(hit.chunk.text) for hit in self.hits):
            return JSON
        return OF_PASSAGES if self._mentions(said) else ""

    @cached_property
    def _echoes(self) -> set[str]:
        """Lines above the passages."""
        lines = [line for hit in self.hits for line in (origin(hit), hit.chunk.title, *hit.chunk.headings)]
        return set(map(_plain, lines))

    def _mentions(self, said: str) -> bool:
        """True if it says what is or isn't in a passage, of which no passage speaks itself."""
        found = _MENTION.match(without_lead(said))
        if not found or _SAYS.search(said):
            return False
        return not any(found[1] in hit.chunk.text.casefold() for hit in self.hits)

    def _borne(self, draft: Draft) -> tuple[Draft, Verdict]:
        """The draft itself, or one that cites the passage which bears it, and the verdict on it."""
        claim = draft.claim
        verdict = self.verifier.verify(claim, self.hits, self.question)
        said = without_lead(claim.text)
        if _unsaid(said, verdict):
            return draft, replace(verdict, supported=False, reason=UNSAID)
        if len(_words(said)) <= _FRAGMENT:
            return draft, self._beside_the_question(verdict)
        if verdict.supported or estimate(said) < _FEWEST:
            return draft, verdict
        for other in self._elsewhere(claim):
            second = self.verifier.verify(other, self.hits, self.question)
            if second.supported and second.likely >= _LIKELY and _best_support(second) >= _ANEW:
                return draft.citing(other.markers), second
        return draft, verdict

    def _beside_the_question(self, verdict: Verdict) -> Verdict:
        """Of a few words."""
        best = self.quotes[:_BEST]
        if (
            not verdict.supported
            or not best
            or any(_meet(ground, quote) for ground in verdict.grounds for quote in best)
        ):
            return verdict
        return Verdict(False, ELSEWHERE, verdict.grounds)

    def _elsewhere(self, statement: Statement) -> Iterator[Statement]:
        for marker in range(1, len(self.hits) + 1):
            if marker not in statement.markers:
                yield replace(statement, markers=(marker,))

    def _cited(self, verdict: Verdict) -> list[Citation]:
        return [
            citation_at(one.marker, self.hits[one.marker - 1], one.start, one.end, one.support)
            for one in verdict.grounds
        ]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _meet(ground: Ground, quote: Quote) -> bool:
    return ground.marker == quote.marker and ground.start < quote.end and quote.start < ground.end


def _best_support(verdict: Verdict) -> float:
    return max((one.support for one in verdict.grounds), default=0.0)


def _unsaid(said: str, verdict: Verdict) -> bool:
    if not verdict.supported or estimate(said) >= _FEWEST:
        return False
    return _best_support(verdict) < _ANY and verdict.likely < _ANEW


def _stuck(said: str) -> bool:
    """True if more than half of its words, or two in five of the longer ones, are repetitions: "The plan is on the plan
    of the plan." Models that go round in circles write such; people do not, in none of the 20,538 right sentences of
    eval/samples/verification/training.jsonl. Who lists numbers may say each longer word once for each of them."""
    words = _words(said)
    longer = [word for word in words if len(word) > 3]
    most = max(map(longer.count, longer), default=0)
    if 0 < most <= len({one.values for one in quantities(said)}):
        return False
    return _distinct(words, 8) < 0.5 or _distinct(longer, 3) <= 0.6


def _distinct(said: Sequence[str], least: int) -> float:
    """Share of different words; 1 where there are fewer than `least`."""
    return len(set(said)) / len(said) if len(said) >= least else 1.0


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
