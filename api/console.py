"""How the command line shows things to a person."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from api.schemas import DocumentOut, DocumentsOut, HitOut, ReportOut, SearchOut
from api.schemas_answers import AnswerOut, CitationOut, LostAnswer
from api.schemas_sessions import SessionOut, SessionsOut, SessionTurnsOut
from ingest.progress import Snapshot

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class _Terminal(Console):
    """Names and texts of others must not steer the terminal that they are shown on."""

    def print(self, *objects: Any, **options: Any) -> None:
        shown = (_CONTROLS.sub("\ufffd", one) if isinstance(one, str) else one for one in objects)
        super().print(*shown, **options)


# With emoji on, the `:100:` of a quote would be shown as a picture.
out = _Terminal(highlight=False, emoji=False)
err = _Terminal(stderr=True, highlight=False, emoji=False)
WITHHELD = "(text left out: deleted, or not yours to read)"
LOG_EVERY_S = 15.0
_COLUMNS = (TextColumn("Ingesting"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[said]}"))


def show_answer(answer: AnswerOut) -> None:
    colour = "yellow" if answer.refused else "green"
    if answer.short:
        _line(f"[bold green]{escape(' '.join(answer.short.text.split()))}[/]\n")
    _line(f"[{colour}]{escape(answer.text)}[/]\n")
    _line(f"[dim]confidence {answer.confidence:.2f}[/]")
    for citation in answer.citations:
        _line(f"  \\[{citation.marker}] {escape(_place(citation))}  [dim]support {citation.support:.2f}[/]")
        if citation.table_header:
            _line(f"      [dim]columns {escape(citation.table_header)}[/]")
    if answer.omitted:
        _line(f"[dim]{answer.omitted} passages did not fit into the model's context[/]")
    if answer.refused:
        _show_nearest(answer.hits)


def show_lost(found: LostAnswer) -> None:
    """What was found, where no answer could be written to it."""
    for citation in found.citations:
        _line(f"{escape(' '.join(citation.quote.split()))}\n  \\[{citation.marker}] {escape(_place(citation))}")
    _show_nearest(sorted(found.hits, key=lambda hit: -hit.score))  # they come as the model was to read them


def show_hits(found: SearchOut) -> None:
    if not found.hits:
        _line("No results; try other words, or --mode hybrid.")
    for rank, hit in enumerate(found.hits, start=1):
        _line(f"[bold]{rank:>2}.[/] [dim]{hit.score:.3f}[/]", end=" ")
        _show_hit(hit, 300)
    for field, values in found.facets.items():
        counted = ", ".join(f"{escape(str(one.value))} ({one.documents})" for one in values[:10])
        more = f" and {len(values) - 10} more" if len(values) > 10 else ""
        _line(f"[bold]{escape(field)}[/]: {counted or '-'}{more}")


def show_documents(page: DocumentsOut) -> None:
    if not page.documents:
        _line("No documents.")
    for entry in page.documents:
        counted = f"{moment(entry.indexed_at)}  {entry.chunks:>5} chunks"
        _line(f"[cyan]{entry.id}[/]  {counted}  {escape(entry.title)}  [dim]{escape(entry.source)}[/]")
    if page.next:
        _line(f"[dim]More: --after {page.next}[/]")


def show_deleted(entry: DocumentOut) -> None:
    _line(f"deleted {escape(entry.source)}")


def show_sessions(page: SessionsOut) -> None:
    if not page.sessions:
        _line("No conversations.")
    for one in page.sessions:
        said = f"{moment(one.updated_at)}  {escape(one.title)}"
        _line(f"[cyan]{one.id}[/]  {said}  [dim]{one.collection}[/]")
    if page.next:
        _line(f"[dim]More: --after {page.next}[/]")


def show_session(session: SessionTurnsOut) -> None:
    for turn in session.turns:
        understood = f"  [dim]{escape(turn.standalone)}[/]" if turn.standalone != turn.question else ""
        _line(f"[bold]{escape(turn.question)}[/]{understood}\n{escape(turn.answer or WITHHELD)}")
        for citation in turn.citations:
            _line(f"  \\[{citation.marker}] {escape(_place(citation))}")


def show_gone(session: SessionOut) -> None:
    _line(f"deleted {session.id}")


def show_way_back(session: SessionOut) -> None:
    _line(f"[dim]Go on with: citewell chat --session {session.id}[/]")


def show_report(report: ReportOut) -> None:
    for failure in report.failures:
        err.print(f"[red]failed[/] {escape(failure.source)}: {escape(failure.reason)}", soft_wrap=True)
    for part in report.incomplete:
        err.print(f"[yellow]incomplete[/] {escape(part.source)}: {escape(part.reason)}", soft_wrap=True)
    parts = [f"{report.indexed} indexed", f"{report.unchanged} unchanged", f"{report.failed} failed"]
    if report.pruned:
        parts.append(f"{report.pruned} pruned")
    if report.skipped:
        parts.append(f"{report.skipped} of unsupported kinds skipped")
    rate = f" ({report.chunks / report.seconds:.0f} chunks/s)" if report.chunks and report.seconds else ""
    _line(f"{', '.join(parts)}; {report.chunks} chunks in {report.seconds:.1f} s{rate}")


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Snapshot], None]]:
    """Files, chunks a second and the time that is left, on standard error: a bar, or in a log a line now and then."""
    if quiet:
        yield lambda snapshot: None
    elif not err.is_terminal:
        yield PlainProgress(LOG_EVERY_S, perf_counter)
    else:
        with Progress(*_COLUMNS, console=err) as bar:
            task = bar.add_task("ingest", total=1.0, said="0 files")
            yield lambda snapshot: bar.update(task, completed=_share(snapshot), said=_said(snapshot))


class PlainProgress:
    """Says how far it is at most once in `every_s` seconds of `clock`."""

    def __init__(self, every_s: float, clock: Callable[[], float]) -> None:
        self._every_s, self._clock = every_s, clock
        self._next = clock() + every_s

    def __call__(self, snapshot: Snapshot) -> None:
        if self._clock() >= self._next:
            self._next = self._clock() + self._every_s
            err.print(f"{_share(snapshot):4.0%}  {_said(snapshot)}", soft_wrap=True)


def _share(snapshot: Snapshot) -> float:
    return min(snapshot.chunks_done / snapshot.chunks_expected, 1.0) if snapshot.chunks_expected else 0.0


def _said(snapshot: Snapshot) -> str:
    files = f"{snapshot.files_done}/{snapshot.files_total} files"
    return f"{files}  {snapshot.chunks_per_s:.0f} chunks/s  ETA {duration(snapshot.eta_s)}"


def moment(at: datetime, seconds: bool = False) -> str:
    """In this machine's zone."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _show_nearest(hits: Sequence[HitOut]) -> None:
    if hits:
        _line("Nearest passages:")
    for hit in hits[:3]:
        _show_hit(hit, 200)


def _show_hit(hit: HitOut, length: int) -> None:
    text = " ".join(hit.text.split())
    shown = text if len(text) <= length else text[: length - 1] + "…"
    _line(f"[cyan]{escape(_place(hit))}[/]\n    {escape(shown)}")


def _line(text: str, end: str = "\n") -> None:
    """Lines are folded for a person's terminal only: what another program reads stays as it is."""
    out.print(text, end=end, soft_wrap=not out.is_terminal)


def _place(item: HitOut | CitationOut) -> str:
    page = f", page {item.page}" if item.page else ""
    headings = f" › {' › '.join(item.headings)}" if item.headings else ""
    return f"{Path(item.source).name or WITHHELD}{page}{headings}"
