"""What the commands of `citewell eval` do and print."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from time import perf_counter

from pydantic import TypeAdapter
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from api import console
from api.bootstrap import Services
from api.evaluations import REPORT, RESULTS, evaluations
from api.settings import Settings
from eval import gate as gates
from eval import summary
from eval.compare import Change
from eval.compare import compare as changes_between
from eval.datasets.generate import Generated, generate_questions
from eval.environment import commit
from eval.experiment import cleaning, runs
from eval.experiment.kept import FOLDER, Kept
from eval.experiment.outcomes import Run
from eval.experiment.runner import Experiment, Step
from eval.experiment.spec import load_experiment
from eval.gaps import gaps
from eval.report.write import write_report
from eval.tracking import check, track
from ingest.errors import InvalidError, SettingsError, UnavailableError
from ingest.whole import write_whole
from retrieval.llm import ChatModel, key_from

OnStep = Callable[[Step], None]


def run(experiment: Path, data: Path, config: Path | None, as_json: bool) -> None:
    found = _run_now(experiment, data, config, quiet=as_json)
    folder = runs.folder_of(data, found.id)
    if as_json:
        sys.stdout.write((folder / RESULTS).read_text(encoding="utf-8") + "\n")
        return
    _show(found)
    console.out.print(f"Report: {folder / REPORT}", soft_wrap=True)


def list_runs(data: Path, as_json: bool) -> None:
    found = evaluations(data)
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
        return
    for one in found.evaluations:
        sets = ", ".join(f"{name} (synthetic)" if name in one.synthetic else name for name in one.metrics)
        names = ", ".join(dict.fromkeys(name for configurations in one.metrics.values() for name in configurations))
        console.out.print(f"[cyan]{one.id}[/]  {escape(sets)}: {escape(names)}", soft_wrap=True)
    for run_id in found.unreadable:
        said = f"cannot be read; try citewell eval report {escape(run_id)}"
        console.err.print(f"[yellow]{escape(run_id)}[/]  {said}", soft_wrap=True)
    if not (found.evaluations or found.unreadable):
        console.out.print("No runs yet: citewell eval run EXPERIMENT.yaml")


def compare(before: str, after: str, data: Path, as_json: bool) -> None:
    changes = changes_between(runs.load_run(before, data), runs.load_run(after, data))
    if as_json:
        sys.stdout.write(TypeAdapter(list[Change]).dump_json(changes, indent=2).decode() + "\n")
        return
    for (dataset, configuration), some in groupby(changes, lambda one: (one.dataset, one.configuration)):
        rows = list(some)
        note = " (synthetic)" if rows[0].synthetic else ""
        table = Table("", "n", "before", "after", "difference (95 %)", "p", "")
        table.title, table.title_justify = f"{escape(dataset)}{note}, {escape(configuration)}", "left"
        for one in rows:
            mean = one.difference.mean
            span = f"{mean.mean:+.3f} ({mean.low:+.3f} to {mean.high:+.3f})"
            cells = (f"{one.before:.3f}", f"{one.after:.3f}", span, f"{one.difference.p:.4f}", one.verdict)
            table.add_row(one.metric.label, str(mean.count), *cells)
        console.out.print(table)


def update_baseline(baseline: Path, experiment: Path, run_name: str | None, data: Path, config: Path | None) -> None:
    """Margins of the old baseline are kept where it can be read."""
    load_experiment(experiment)
    gates.make_folder(baseline)
    margins = _margins(baseline)
    found = _found(experiment, run_name, data, config)
    made = gates.baseline_of(found, Path(os.path.relpath(experiment, baseline.parent)), margins)
    gates.save_baseline(made, baseline)
    console.out.print(f"Baseline written: {escape(str(baseline))}", soft_wrap=True)
    for place in gates.unguarded(made):
        said = f"fewer than {gates.MINIMUM} questions cannot tell a fall from chance"
        console.err.print(f"[yellow]not guarded[/] {escape(place)}: {said}", soft_wrap=True)
    if not run_name:
        _track_or_warn(found, data)


def gate(baseline: Path, run_name: str | None, data: Path, config: Path | None) -> bool:
    """True where the run may pass."""
    held = gates.load_baseline(baseline)
    found = _found(baseline.parent / held.experiment, run_name, data, config)
    falls = list(gates.falls(held, found))
    for fall in falls:
        place = ", ".join(filter(None, (fall.dataset, fall.configuration)))
        console.err.print(f"[red]FAILED[/] {escape(place)}: {escape(fall.reason)}", soft_wrap=True)
    if not falls:
        console.out.print("[green]passed[/]: no metric fell by more than its margin")
    if not run_name:
        _track_or_warn(found, data)
    return not falls


def clean(data: Path, days: int) -> None:
    found = cleaning.clean(data, days)
    console.out.print(
        f"{found.indexes} indexes ({found.megabytes} MB) and {found.unfinished} unfinished results deleted",
        soft_wrap=True,
    )
    for name, reason in found.kept.items():
        console.err.print(f"[yellow]kept[/] {name}: {escape(reason)}", soft_wrap=True)


def report(run_name: str, data: Path) -> None:
    """Where the run lies, be that below `data` or not."""
    found, path = runs.find_run(run_name, data)
    runs.save_missing(found, path)
    write_report(found, path.parent)
    console.out.print(str(path.parent / REPORT), soft_wrap=True)


def generate(
    settings: Settings, collection: str, out: Path, count: int, seed: int, llm: tuple[str, str, str | None] | None
) -> None:
    """`llm`: URL, model and environment variable of the key."""
    _check_writable(out)
    with ExitStack() as stack:
        services = stack.enter_context(Services(settings))
        model = stack.enter_context(ChatModel(llm[0], llm[1], key_from(llm[2]))) if llm else None
        found: Generated = generate_questions(services, collection, count, seed, model)
    with _writing(out):
        write_whole(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found.rows))
    console.out.print(
        f"{len(found.rows)} questions written to {out}; left out: {found.duplicates} like another one, "
        f"{found.unanswered} that search does not show or their passage does not answer",
        soft_wrap=True,
    )
    if found.stopped:
        console.err.print(f"[yellow]cut short[/]: {escape(found.stopped)}", soft_wrap=True)


def _check_writable(out: Path) -> None:
    """Before questions are made, which takes time and may cost money."""
    if out.is_dir():
        raise InvalidError(f"{out} is a folder; name a file.")
    with _writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.is_file() or not out.exists():
            tempfile.TemporaryFile(dir=out.resolve().parent).close()


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidError(f"{out} cannot be written ({error.strerror}); choose another place.") from error


def _found(experiment: Path, run_name: str | None, data: Path, config: Path | None) -> Run:
    return runs.load_run(run_name, data) if run_name else _measured(experiment, data, config, quiet=False)


def _margins(baseline: Path) -> dict[str, float]:
    if not baseline.exists():
        return {}
    try:
        return gates.load_baseline(baseline).margins
    except InvalidError:
        console.err.print("[yellow]margins not kept[/]: the old baseline cannot be read", soft_wrap=True)
        return {}


def _track_or_warn(found: Run, data: Path) -> None:
    """What a gate says does not hang on MLflow."""
    try:
        check()
        track(found, runs.folder_of(data, found.id))
    except (SettingsError, UnavailableError) as error:
        console.err.print(f"[yellow]not in MLflow[/]: {escape(str(error))}", soft_wrap=True)


def _run_now(experiment: Path, data: Path, config: Path | None, quiet: bool) -> Run:
    """Run, save, report and track."""
    check()
    found = _measured(experiment, data, config, quiet)
    track(found, runs.folder_of(data, found.id))
    return found


def _measured(experiment: Path, data: Path, config: Path | None, quiet: bool) -> Run:
    """Run, save and report."""
    spec = load_experiment(experiment)
    kept = Kept(data / FOLDER, commit())
    with _progress(quiet) as on_step:
        found = Experiment(spec, data, config, on_step, datetime.now(UTC), kept).run()
    folder = runs.save(found, data)
    kept.clear()
    write_report(found, folder)
    _tell_gaps(found, kept.taken)
    return found


def _tell_gaps(found: Run, taken: int) -> None:
    if taken:
        said = f"{taken} of {len(found.results)} results are those of an earlier attempt, which did not end"
        console.err.print(f"[yellow]gone on[/]: {said}", soft_wrap=True)
    for dataset in found.datasets:
        for gap in gaps(found, dataset.name):
            console.err.print(f"[yellow]note[/] {escape(f'{dataset.name}: {gap}')}", soft_wrap=True)
    for one in found.results:
        if failed := summary.failures(one):
            said = f"{len(failed)} of {len(one.outcomes)} questions failed and count in no metric: {failed[0].failed}"
            place = escape(f"{one.dataset}, {one.configuration}")
            console.err.print(f"[yellow]incomplete[/] {place}: {escape(said)}", soft_wrap=True)


def _show(found: Run) -> None:
    """One table a data set: headline metrics by configuration."""
    for dataset in found.datasets:
        results = [result for result in found.results if result.dataset == dataset.name]
        note = ", synthetic" if dataset.synthetic else ""
        table = Table(title=f"{escape(dataset.name)} ({dataset.cases} questions{note})", title_justify="left")
        table.add_column("")
        for result in results:
            table.add_column(escape(result.configuration), justify="right")
        for one in summary.headlines(results):
            shown = [f"{summary.mean_of(of, one.name):.3f}" if of.values(one.name) else "" for of in results]
            table.add_row(one.label, *shown)
        console.out.print(table)


@contextmanager
def _progress(quiet: bool) -> Iterator[OnStep]:
    """A bar, or in a log a line now and then."""
    if quiet:
        yield lambda step: None
    elif not console.err.is_terminal:
        yield _PlainProgress()
    else:
        columns = (TextColumn("{task.fields[said]}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console.err) as bar:
            task = bar.add_task("run", total=None, said="")
            yield lambda step: bar.update(task, completed=step.done, total=step.total, said=_said(step))


class _PlainProgress:
    def __init__(self) -> None:
        self._started = perf_counter()
        self._next_s = self._started

    def __call__(self, step: Step) -> None:
        if perf_counter() < self._next_s:
            return
        self._next_s = perf_counter() + console.LOG_EVERY_S
        left = (perf_counter() - self._started) / step.done * (step.total - step.done) if step.done else None
        eta = f", ETA {console.duration(left)}" if left is not None else ""
        console.err.print(f"{step.done}/{step.total} questions, {_said(step)}{eta}", soft_wrap=True)


def _said(step: Step) -> str:
    if step.indexing:
        return f"{step.dataset}, {step.configuration}: indexing {step.indexing.files_done}/{step.indexing.files_total}"
    return f"{step.dataset}, {step.configuration}"
