"""Runs on disk: `<data>/evaluations/runs/<id>/results.json`, beside it what people read."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from api.evaluations import RESULTS, RUNS, SUMMARY, run_ids
from api.schemas import EvaluationOut
from eval import summary
from eval.experiment.outcomes import Run
from eval.report.aggregates import Aggregate, aggregates
from ingest.errors import InvalidError, NotFoundError
from ingest.whole import write_whole

QUESTIONS = "questions.csv"
_RUN = TypeAdapter(Run)


@dataclass(frozen=True)
class _Numbers:
    """The part of a saved run that says what its questions come to."""

    aggregates: tuple[Aggregate, ...]


@dataclass(frozen=True)
class _Saved(Run):
    aggregates: tuple[Aggregate, ...] = ()


_SAVED, _NUMBERS = TypeAdapter(_Saved), TypeAdapter(_Numbers)


def folder_of(data: Path, run_id: str) -> Path:
    return data / RUNS / run_id


def save(run: Run, data: Path) -> Path:
    """Writes a run into its folder below `data`, which is returned."""
    folder = folder_of(data, run.id)
    save_in(run, folder)
    return folder


def save_in(run: Run, folder: Path) -> None:
    """Writes the results with their aggregates, the summary and the table of questions."""
    results = _SAVED.dump_json(_Saved(**vars(run), aggregates=aggregates(run)), indent=1)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / RESULTS, results)
    _save_tables(run, folder)


def save_missing(run: Run, path: Path) -> None:
    """As `save_in`, for a run that was read from `path`: its results are left as they are where they have aggregates.

    Raises:
        InvalidError: the folder holds the results of another run.
    """
    if path.name != RESULTS and (path.parent / RESULTS).exists():
        raise InvalidError(
            f"{path.parent} holds {RESULTS} too, of which there is the report; move {path.name} elsewhere."
        )
    try:
        load_aggregates(path.parent)
    except InvalidError:
        save_in(run, path.parent)
    else:
        _save_tables(run, path.parent)


def _save_tables(run: Run, folder: Path) -> None:
    write_whole(folder / SUMMARY, _summary(run).model_dump_json(indent=2))
    rows = list(_rows(run))
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    write_whole(folder / QUESTIONS, table.getvalue())


def load_run(given: str, data: Path) -> Run:
    """As `find_run`, without the file."""
    return find_run(given, data)[0]


def find_run(given: str, data: Path) -> tuple[Run, Path]:
    """A run by its id, by `latest`, or by the path of its folder or results, and the file that it was read from.

    Raises:
        NotFoundError: there is none of this name.
        InvalidError: the file is no evaluation of this version.
    """
    path = _path(given, data)
    try:
        return _RUN.validate_json(path.read_bytes()), path
    except OSError as error:
        raise NotFoundError(f"There is no evaluation {given!r}; `citewell eval list` shows those there are.") from error
    except ValidationError as error:
        raise InvalidError(f"{path} holds no evaluation that this version can read; run it again.") from error


def load_aggregates(folder: Path) -> tuple[Aggregate, ...]:
    """Those of the run that was saved in `folder`. Raises InvalidError where it holds none."""
    path = folder / RESULTS
    try:
        return _NUMBERS.validate_json(path.read_bytes()).aggregates
    except (OSError, ValidationError) as error:
        raise InvalidError(f"{path} holds no aggregates; write them with `citewell eval report {folder}`.") from error


def _summary(run: Run) -> EvaluationOut:
    metrics: dict[str, dict[str, dict[str, float]]] = {}
    for result in run.results:
        shown = {one.name: round(summary.mean_of(result, one.name), 4) for one in summary.headlines([result])}
        metrics.setdefault(result.dataset, {})[result.configuration] = shown
    created = datetime.fromisoformat(run.created_at)
    synthetic = [one.name for one in run.datasets if one.synthetic]
    return EvaluationOut(
        id=run.id, name=run.name, created_at=created, baseline=run.baseline, synthetic=synthetic, metrics=metrics
    )


def _path(given: str, data: Path) -> Path:
    if given == "latest":
        ids = run_ids(data)
        given = ids[0] if ids else given
    for path in (Path(given), Path(given) / RESULTS):
        if path.is_file():
            return path
    return folder_of(data, given) / RESULTS


def _rows(run: Run) -> Iterator[dict[str, object]]:
    for result in run.results:
        for one in result.outcomes:
            about = {"dataset": result.dataset, "configuration": result.configuration, "id": one.id}
            told = {"question": one.text, "answerable": one.answerable, "tags": " ".join(one.tags)}
            seen = {"refused": one.answer.refused, "confidence": one.answer.confidence} if one.answer else {}
            failed = {"failed": one.failed} if one.failed else {}
            yield {**about, **told, **seen, **failed, "lost": one.lost or "", **one.metrics}
