"""Sentences that a generator writes become what may be shown of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from generation.citations import Statement, citation_at
from generation.ports import Verifier
from generation.prompting import origin
from generation.streaming import Draft
from generation.tokens import estimate
from generation.types import Citation, Removed, Verdict, Verification
from generation.verification.polarity import without_lead
from retrieval.types import Hit

TWICE = "It was said already."
ECHO = "It says where a passage is from."
ASKS = "It asks."
_ANEW = 0.8
"""Least support of a sentence that no passage bears which it cites itself: what a model did not look up it often made
up from words of the passages."""
_FEWEST = 9
"""Tokens of such a sentence, about five words: what is shorter, such as a name, stands somewhere and says nothing."""

_ROUND = 3


@dataclass
class SentenceCheck:
    """Of one answer: lets the sentences through that their passages bear.

    One that the passages it cites do not bear is repaired once, where another passage bears it: it cites that one
    instead. All others are left out, and so is what was said before.
    """

    verifier: Verifier
    hits: Sequence[Hit]
    question: str
    citations: list[Citation] = field(default_factory=list)
    result: Verification = field(default_factory=Verification)
    _said: set[str] = field(default_factory=set)
    _read: set[str] = field(default_factory=set)
    _repeated: int = 0

    @property
    def goes_round(self) -> bool:
        """Whether the last sentences were all there before: small models may repeat themselves without end."""
        return self._repeated >= _ROUND

    def passed(self, draft: Draft) -> str:
        """What is to be shown of it, with what stands between it and the sentence shown before; or nothing."""
        said = _plain(draft.statement.text)
        self._repeated = self._repeated + 1 if said in self._read else 0
        self._read.add(said)
        idle = self._idle(said)
        kept, verdict = (draft, Verdict(False, idle, ())) if idle else self._borne(draft)
        if not verdict.supported:
            removed = Removed(draft.statement.text, verdict.reason)
            self.result = replace(self.result, removed=(*self.result.removed, removed))
            return ""
        self._said.add(said)
        self.citations += self._cited(verdict)
        text = kept.text if not self.result.kept else kept.before + kept.text
        recited = self.result.recited + (kept is not draft)
        self.result = replace(self.result, kept=self.result.kept + 1, recited=recited)
        return text

    def _idle(self, said: str) -> str:
        """Why a sentence is none that could be verified, for people; empty where it is one."""
        if said.endswith(("?", "？")):
            return ASKS
        if said in self._said:
            return TWICE
        return ECHO if said in map(_plain, map(origin, self.hits)) else ""

    def _borne(self, draft: Draft) -> tuple[Draft, Verdict]:
        """The draft itself, or one that cites the passage which bears it, and the verdict on it."""
        verdict = self.verifier.verify(draft.statement, self.hits, self.question)
        if verdict.supported or estimate(without_lead(draft.statement.text)) < _FEWEST:
            return draft, verdict
        for other in self._elsewhere(draft.statement):
            second = self.verifier.verify(other, self.hits, self.question)
            if second.supported and max(one.support for one in second.grounds) >= _ANEW:
                return replace(draft, statement=other), second
        return draft, verdict

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
