"""Asks a collection the questions of a file, and notes what tells whether they are answered."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np

from api.bootstrap import Collection, Services
from api.settings import AnswerSettings
from eval.datasets.questions import SYNTHETIC, load_questions
from eval.experiment.judging import cites_evidence
from eval.experiment.sets import Case
from eval.tuning.abstention.fitting import Questions
from generation.answerer import drain
from generation.confidence import Traits, traits_of
from generation.ports import EvidenceScorer, Lexicon
from generation.types import Evidence
from ingest.errors import InvalidError
from retrieval.types import Hit, Query


class Noting:
    """Port `EvidenceScorer` round another one, which notes the `traits` of the last question."""

    def __init__(self, inner: EvidenceScorer, lexicon: Lexicon) -> None:
        self._inner, self._lexicon = inner, lexicon
        self.traits = Traits(*(0.0 for _ in Traits.__dataclass_fields__))

    def weigh(self, query: Query, hits: Sequence[Hit]) -> Evidence:
        found = self._inner.weigh(query, hits)
        self.traits = traits_of(query, hits, found, self._lexicon)
        return found


def check_settings(chosen: AnswerSettings) -> None:
    """Raises InvalidError where no confidence would be used."""
    if not chosen.tuned:
        raise InvalidError("answers.tuned is false, so that no fitted confidence is used; set it to true.")


def check_usable(path: Path) -> None:
    """Raises InvalidError for answerable questions that are all generated: they repeat words of the documents, so that
    their answers look surer than those to people's questions."""
    asked = [one for one in load_questions(path) if one.answerable]
    if asked and all(SYNTHETIC in one.tags for one in asked):
        raise InvalidError(
            f"All answerable questions of {path} are generated ones, whose answers look surer than those to people's: "
            f"nothing is used on their word. Add questions that people asked, leave out --apply, or say --force."
        )


def ask(services: Services, collection: Collection, cases: Iterable[Case]) -> Questions:
    """No threshold refuses anything. Raises UnavailableError where the generator fails."""
    settings, access = services.settings, services.settings.access
    noting = Noting(services.evidence(collection.store), collection.store)
    answerer = services.answerer(collection.store, collection.searcher, 0.0, noting)
    rows = []
    with asyncio.Runner() as runner:
        for case in cases:
            top_k, mode = settings.answers.passages, settings.retrieval.mode
            query = Query(case.text, collection.name, access.tenant, access.groups, top_k, mode)
            answer = runner.run(drain(answerer.answer(query)))
            right = case.answerable and not answer.refused and cites_evidence(case, answer)
            used = collection.abstention.confidence.of(noting.traits) if collection.abstention else answer.confidence
            rows.append((astuple(noting.traits), case.answerable, right, used, answer.refused))
    return Questions(*map(np.array, zip(*rows, strict=True)))
