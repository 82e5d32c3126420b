"""How the command line shows traces, replays and feedback to a person."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import JsonValue
from rich.markup import escape

from api.console import WITHHELD, moment
from api.console import _line as line
from api.traces.schemas import (
    Change,
    DocumentChange,
    FeedbackOut,
    FeedbacksOut,
    HitChange,
    MessageOut,
    Outcome,
    ReplayOut,
    TracedHit,
    TraceOut,
    TracesOut,
)

_COLOURS: dict[Outcome, str] = {"answered": "green", "refused": "yellow", "failed": "red", "cancelled": "dim"}


def show_traces(page: TracesOut) -> None:
    if not page.traces:
        line("No traces.")
    for one in page.traces:
        colour = _COLOURS[one.outcome]
        when = f"{moment(one.created_at, seconds=True)}  {one.total_ms:>6.0f} ms"
        line(f"[cyan]{escape(one.id)}[/]  {when}  [{colour}]{one.outcome:<9}[/]  {escape(one.query)}")
    _more(page.next)


def show_trace(trace: TraceOut) -> None:
    line(f"[bold]{escape(trace.asked.query)}[/]")
    if trace.query != trace.asked.query:
        line(f"  understood as: {escape(trace.query)}")
    line(f"[{_COLOURS[trace.outcome]}]{trace.outcome}[/]  {escape(trace.error or trace.text)}\n")
    line(
        f"[bold]Asked[/] {moment(trace.created_at, seconds=True)} by {escape(_reader(trace))}{escape(_options(trace))}"
    )
    _show_withheld(trace.withheld)
    _show_hits(trace)
    _show_prompt(trace.prompt)
    _show_writing(trace)
    _show_costs(trace)


def show_replay(replay: ReplayOut) -> None:
    line("[green]The same[/]" if replay.same else "[yellow]Another outcome[/]")
    for heading, changes in (("Outcome", replay.outcome), ("Settings", replay.settings), ("Versions", replay.versions)):
        _show_changes(heading, changes)
    _headed("Documents that changed since", (_document_change(one) for one in replay.documents))
    _headed("Hits", (_hit_change(one) for one in replay.hits))
    _headed("Citations gone", (escape(one.quote) for one in replay.citations_gone))
    _headed("Citations new", (escape(one.quote) for one in replay.citations_new))
    _headed("Mind", map(escape, replay.notes))


def show_feedback(page: FeedbacksOut) -> None:
    if not page.feedback:
        line("No feedback.")
    for one in page.feedback:
        show_given(one)
    _more(page.next)


def show_given(one: FeedbackOut) -> None:
    colour = "green" if one.rating == "up" else "red"
    said = f"  {escape(one.comment)}" if one.comment else ""
    line(f"[cyan]{one.id}[/]  {moment(one.created_at)}  [{colour}]{one.rating:<4}[/]  {escape(one.query)}{said}")


def say_deleted(trace_id: str) -> None:
    line(f"deleted {escape(trace_id)}")


def say_exported(count: int, path: Path) -> None:
    line(f"{count} lines in {escape(str(path))}")


def _show_withheld(documents: Sequence[str]) -> None:
    if documents:
        line(f"[dim]Left out is the text of documents that are deleted or not yours to read: {', '.join(documents)}[/]")


def _show_hits(trace: TraceOut) -> None:
    markers = {key: f"\\[{number}]" for number, key in enumerate(trace.read, start=1)}
    _headed("Found", (_hit(hit, markers.get(hit.chunk_id, "")) for hit in trace.hits))
    if trace.omitted:
        line(f"  {trace.omitted} of them did not fit into the model's context")


def _hit(hit: TracedHit, marker: str) -> str:
    stages = "  ".join(f"{name} {score:.3f}" for name, score in hit.origin.items())
    page = f", page {hit.page}" if hit.page else ""
    where = f"{Path(hit.source).name or WITHHELD}{page}, characters {hit.char_start}-{hit.char_end}"
    return f"{hit.rank:>2}. {hit.score:.3f}  {marker:<6}[cyan]{escape(where)}[/]  [dim]{escape(stages)}[/]"


def _show_prompt(prompt: Sequence[MessageOut] | None) -> None:
    for message in prompt or ():
        _headed(f"Prompt, {message.role}", map(escape, message.content.splitlines()))


def _show_writing(trace: TraceOut) -> None:
    if trace.prompt is not None:
        _headed("Written", map(escape, trace.written.splitlines()))
    _headed("Cited", (f"\\[{one.marker}] {escape(' '.join(one.quote.split()))}" for one in trace.citations))
    if checked := trace.verification:
        line(f"[bold]Verified[/] {checked.kept} sentences kept, {checked.recited} of them cited anew")
        _headed("Removed", (f"{escape(one.text)}  [dim]{escape(one.reason)}[/]" for one in checked.removed))


def _show_costs(trace: TraceOut) -> None:
    cost = "unknown" if trace.cost is None else f"{trace.cost:.6f}"
    spent = f"{trace.usage.prompt_tokens} tokens read, {trace.usage.completion_tokens} written, cost {cost}"
    line(f"[bold]Model[/] {escape(trace.model)}, confidence {trace.confidence:.2f}, {spent}")
    stages = ", ".join(f"{name.removesuffix('_ms')} {value:.1f}" for name, value in trace.timings.items())
    line(f"[bold]Took[/] {trace.total_ms:.1f} ms: {escape(stages)}")
    versions = ", ".join(f"{name} {value}" for name, value in trace.versions.items())
    line(f"[bold]With[/] settings {trace.fingerprint}, {escape(versions)}")


def _show_changes(heading: str, changes: Iterable[Change]) -> None:
    shown = (f"{escape(one.name)}: {escape(_value(one.before))} → {escape(_value(one.after))}" for one in changes)
    _headed(heading, shown)


def _hit_change(one: HitChange) -> str:
    def placed(rank: int | None, score: float | None) -> str:
        return "-" if rank is None or score is None else f"{rank} ({score:.3f})"

    before, after = placed(one.rank_before, one.score_before), placed(one.rank_after, one.score_after)
    page = f", page {one.page}" if one.page else ""
    return f"{one.kind:<8}  {before} → {after}  [cyan]{escape((Path(one.source).name or WITHHELD) + page)}[/]"


def _document_change(one: DocumentChange) -> str:
    return escape(one.source or one.document_id) + ("" if one.revision_after else " (gone)")


def _reader(trace: TraceOut) -> str:
    return f"{trace.tenant} ({', '.join(trace.groups)})" if trace.groups else trace.tenant


def _options(trace: TraceOut) -> str:
    given = trace.asked.model_dump(mode="json", exclude={"query", "stream"}, exclude_defaults=True)
    return "".join(f", {name} {value}" for name, value in given.items())


def _value(value: JsonValue) -> str:
    return "-" if value is None else str(value)


def _headed(heading: str, rows: Iterable[str]) -> None:
    """Nothing where there are no rows."""
    shown = list(rows)
    if shown:
        line(f"[bold]{escape(heading)}[/]")
    for row in shown:
        line(f"  {row}")


def _more(following: str | None) -> None:
    if following:
        line(f"[dim]More: --after {escape(following)}[/]")
