"""Fit the confidence of answers: the probability that the passages found answer the question.

`python -m eval.tune_confidence --data FOLDER [--data FOLDER ...]` takes BEIR folders whose queries carry
`metadata.answerable`; where a folder has no such mark, each question is asked twice, the second time with the
documents that answer it left out. Prints the constants of `generation.evidence.Calibration`, and what share of each
kind is refused at several thresholds.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from api.bootstrap import Services
from api.settings import load_settings
from eval.datasets.beir import load_beir, write_corpus
from generation.candidates import Candidate
from generation.evidence import Calibration, Signals
from ingest.pipeline import Label
from retrieval.types import Query

DEPTH = 10


@dataclass(frozen=True)
class Case:
    """The strength of a question's best sentence."""

    folder: str
    strength: float
    answerable: bool


def cases(folder: Path, limit: int) -> Iterator[Case]:
    dataset = load_beir(folder)
    with tempfile.TemporaryDirectory(prefix="citewell-tune-") as scratch:
        settings = load_settings(overrides={"data": Path(scratch) / "data"})
        with Services(settings) as services:
            collection = services.collection("tune", create=True)
            (Path(scratch) / "documents").mkdir()
            files = write_corpus(dataset.corpus, Path(scratch) / "documents")
            list(collection.ingestor.run(files, Label("tune")))
            evidence = services.evidence(collection.store)
            for key, text, answerable in _questions(folder)[:limit]:
                query = Query(text, "tune", "tune", top_k=2 * DEPTH)
                hits = collection.searcher.search_blocking(query)
                yield Case(folder.name, _strength(evidence.signals(query, hits[:DEPTH])), answerable is not False)
                if answerable is None:
                    others = [hit for hit in hits if hit.chunk.source not in dataset.qrels.get(key, {})]
                    yield Case(folder.name, _strength(evidence.signals(query, others[:DEPTH])), False)


def fit(found: Sequence[Case]) -> LogisticRegression:
    """Folders and answers (yes, no) weigh the same, however many questions they have."""
    counts: dict[tuple[str, bool], int] = {}
    for case in found:
        counts[case.folder, case.answerable] = counts.get((case.folder, case.answerable), 0) + 1
    weights = [1.0 / counts[case.folder, case.answerable] for case in found]
    scale = len(found) / sum(weights)
    model = LogisticRegression(C=100.0, max_iter=1000)
    return model.fit(_matrix(found), [case.answerable for case in found], sample_weight=np.array(weights) * scale)


def _matrix(found: Sequence[Case]) -> NDArray[np.float64]:
    return np.array([[case.strength] for case in found])


def _strength(found: Sequence[tuple[Candidate, Signals]]) -> float:
    return max((Calibration().strength(signals) for _, signals in found), default=0.0)


def _refused(model: LogisticRegression, part: Sequence[Case], threshold: float) -> str:
    shares = []
    for wanted in (False, True):
        kind = [case for case in part if case.answerable is wanted]
        shares.append(float(np.mean(model.predict_proba(_matrix(kind))[:, 1] < threshold)))
    return f"at {threshold:g}: {shares[0]:.2f} of the unanswerable, {shares[1]:.2f} of the answerable"


def _questions(folder: Path) -> list[tuple[str, str, bool | None]]:
    """Id, text, and whether the corpus answers it (None where the folder does not say)."""
    rows = map(json.loads, (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines())
    return [(str(row["_id"]), str(row["text"]), row.get("metadata", {}).get("answerable")) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--limit", type=int, default=300)
    arguments = parser.parse_args()
    out = Console(highlight=False)
    found = [case for folder in arguments.data for case in cases(folder, arguments.limit)]
    model = fit(found)
    out.print(f"bias={float(model.intercept_[0]):.2f} slope={float(model.coef_[0][0]):.2f}")
    for folder in {case.folder for case in found}:
        part = [case for case in found if case.folder == folder]
        area = roc_auc_score([case.answerable for case in part], model.decision_function(_matrix(part)))
        out.print(
            f"{folder}: {len(part)} cases, area under ROC {area:.3f}; refused "
            + "; ".join(_refused(model, part, threshold) for threshold in (0.1, 0.15, 0.2, 0.3, 0.5))
        )


if __name__ == "__main__":
    main()
