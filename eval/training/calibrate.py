"""Fit the confidence of answers: the probability that there is one among the sentences that were weighed.

`python -m eval.training.calibrate` indexes the held-out passages, asks their questions (without those whose answer is
not even among the sentences weighed), and prints `generation.evidence.CONFIDENCE` and what is refused at several
thresholds; `--also FOLDER` tells the latter for the question set or BEIR folder with `metadata.answerable` too, which
is not fitted to.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from api.bootstrap import Collection, Services
from api.settings import Settings, load_settings
from eval.datasets.beir import load_beir, write_corpus
from eval.datasets.questions import QUESTIONS, load_question_set
from eval.metrics.text import words
from eval.training.passages import load_passages
from generation.candidates import Candidate
from generation.evidence import CONFIDENCE, WITHOUT_CROSS_ENCODER, Calibration, Signals
from ingest.pipeline import Label
from ingest.sources.filesystem import SourceFile
from retrieval.types import Query

HELD_OUT = "held-out passages"
COLLECTION = TENANT = "calibrate"
ROUNDS = 3
"""The best sentence depends on the fit, and the fit on the best sentences."""


@dataclass(frozen=True)
class Case:
    """What speaks for each sentence that was weighed for a question; shape (sentences, 3)."""

    source: str
    signals: NDArray[np.float64]
    answerable: bool


@dataclass(frozen=True)
class Question:
    """`answers`: the words of the sentences that answer it, where they are known."""

    text: str
    answerable: bool
    answers: tuple[str, ...] = ()


def held_out_cases(limit: int) -> Iterator[Case]:
    passages = load_passages(held_out=True)
    with tempfile.TemporaryDirectory(prefix="citewell-calibrate-") as scratch:
        files = []
        for number, passage in enumerate(passages):
            path = Path(scratch) / f"{number:04}.md"
            path.write_text(passage.markdown(), encoding="utf-8")
            files.append(SourceFile(path, path.name))
        asked = [
            Question(one.question, bool(one.answers), tuple(words(passage.items[item]) for item in one.answers))
            for passage in passages
            for one in passage.questions
        ]
        drawn = np.random.default_rng(7).permutation(len(asked))[:limit]
        yield from _cases(HELD_OUT, files, [asked[number] for number in drawn], Path(scratch) / "data")


def folder_cases(folder: Path, limit: int) -> Iterator[Case]:
    """A question set, or a BEIR folder."""
    with tempfile.TemporaryDirectory(prefix="citewell-calibrate-") as scratch:
        if (folder / QUESTIONS).exists():
            found = load_question_set(folder)
            asked = [Question(one.question, one.answerable) for one in found.questions]
            yield from _cases(folder.name, found.documents.source_files(), asked[:limit], Path(scratch) / "data")
        else:
            (Path(scratch) / "documents").mkdir()
            files = write_corpus(load_beir(folder).corpus, Path(scratch) / "documents")
            rows = map(json.loads, (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines())
            asked = [Question(str(row["text"]), bool(row.get("metadata", {}).get("answerable", True))) for row in rows]
            yield from _cases(folder.name, files, asked[:limit], Path(scratch) / "data")


def _cases(source: str, files: Sequence[SourceFile], asked: Sequence[Question], data: Path) -> Iterator[Case]:
    with Services(_settings(data)) as services:
        collection = services.collection(COLLECTION, create=True)
        list(collection.ingestor.run(files, Label(TENANT)))
        for question in asked:
            weighed = _weighed(services, collection, question.text)
            if not question.answers or any(_same(one, answer) for one, _ in weighed for answer in question.answers):
                signals = [astuple(signals) for _, signals in weighed] or [astuple(Signals(0.0, 0.0))]
                yield Case(source, np.array(signals), question.answerable)


def _weighed(services: Services, collection: Collection, question: str) -> list[tuple[Candidate, Signals]]:
    query = Query(question, COLLECTION, TENANT, top_k=services.settings.answers.passages)
    hits = collection.searcher.search(query)
    return services.evidence(collection.store).signals(query, hits)


def _same(one: Candidate, answer: str) -> bool:
    text = words(one.text)
    return text in answer or answer in text


def _settings(data: Path) -> Settings:
    return load_settings(overrides={"data": data})


def fit(found: Sequence[Case], start: Calibration) -> Calibration:
    """Logistic regression on the best sentence of each question; questions with and without an answer weigh the
    same, however many there are of each."""
    calibration = start
    for _ in range(ROUNDS):
        best = np.array([_best(case, calibration) for case in found])
        used = [column for column in range(3) if np.ptp(best[:, column])]  # no cross-encoder: no relevance
        model = LogisticRegression(C=100.0, max_iter=1000, class_weight="balanced")
        model.fit(best[:, used], [case.answerable for case in found])
        weights = np.zeros(3)
        weights[used] = model.coef_[0]
        calibration = Calibration(float(model.intercept_[0]), *map(float, weights))
    return calibration


def _best(case: Case, calibration: Calibration) -> NDArray[np.float64]:
    strengths = [calibration.strength(Signals(*map(float, row))) for row in case.signals]
    best: NDArray[np.float64] = case.signals[int(np.argmax(strengths))]
    return best


def told(found: Sequence[Case], calibration: Calibration) -> Iterator[str]:
    """For each source how well confidence parts the two kinds, and what is refused at several thresholds."""
    for source in dict.fromkeys(case.source for case in found):
        part = [case for case in found if case.source == source]
        supports = np.array([calibration.support(Signals(*map(float, _best(case, calibration)))) for case in part])
        answerable = np.array([case.answerable for case in part])
        area = f"{roc_auc_score(answerable, supports):.3f}" if 0 < answerable.sum() < len(part) else "-"
        refused = [
            f"at {threshold:g}: {_share(supports[~answerable] < threshold)} of the unanswerable, "
            f"{_share(supports[answerable] < threshold)} of the answerable"
            for threshold in (0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
        ]
        yield f"{source}: {len(part)} questions, area under ROC {area}; refused {'; '.join(refused)}"


def _share(refused: NDArray[np.bool_]) -> str:
    return f"{refused.mean():.2f}" if len(refused) else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--also", type=Path, action="append", default=[])
    parser.add_argument("--limit", type=int, default=600)
    arguments = parser.parse_args()
    out = Console(highlight=False, soft_wrap=True, emoji=False)
    found = list(held_out_cases(arguments.limit))
    with_reader = load_settings().answers.cross_encoder
    calibration = fit(found, CONFIDENCE if with_reader else WITHOUT_CROSS_ENCODER)
    out.print(calibration)
    for folder in arguments.also:
        found += folder_cases(folder, arguments.limit)
    for line in told(found, calibration):
        out.print(line)


if __name__ == "__main__":
    main()
