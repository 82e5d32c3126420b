"""The benchmark's results: one JSON document and one table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.markup import escape
from rich.table import Table

from eval.bench.ingest import IngestFigures
from eval.bench.measure import ModeFigures, Percentiles
from eval.bench.peers import PeerFigures
from eval.bench.search import ApiFigures

COLUMNS = ("system", "mode", "docs/s", "nDCG@10", "Recall@100", "p50 ms", "p95", "p99", "engine p50", "p95", "p99")


@dataclass(frozen=True)
class Report:
    """Everything that one run found out."""

    dataset: dict[str, Any]
    machine: dict[str, Any]
    settings: dict[str, Any]
    ingest: IngestFigures
    modes: Mapping[str, ModeFigures]
    api: ApiFigures
    peers: Sequence[PeerFigures]


def to_json(report: Report) -> dict[str, Any]:
    return {
        "dataset": report.dataset,
        "machine": report.machine,
        "settings": report.settings,
        "ingest": asdict(report.ingest),
        "modes": _modes_json(report.modes),
        "api": {
            "overhead_ms": asdict(report.api.overhead),
            "bm25_overhead_ms": asdict(report.api.bm25_overhead),
            "around_ms": asdict(report.api.around),
        },
        "peers": {peer.name: _peer_json(peer) for peer in report.peers},
        "ratios": {peer.name: ratios(report, peer) for peer in report.peers if peer.state == "ok"},
    }


def ratios(report: Report, peer: PeerFigures) -> dict[str, float]:
    """Ours divided by the peer's: over 1 is better for quality and speed, under 1 for latency. Taking documents in ends
    when they can be searched: our speed is that with the search index built."""
    found = {"docs_per_s": _ratio(report.ingest.whole_docs_per_s, peer.docs_per_s)}
    for name, theirs in peer.modes.items():
        ours = report.modes[name]
        found[f"{name}.ndcg@10"] = _ratio(ours.ndcg, theirs.ndcg)
        found[f"{name}.recall@100"] = _ratio(ours.recall, theirs.recall)
        found[f"{name}.latency_ms.p50"] = _ratio(ours.latency.p50, theirs.latency.p50)
        found[f"{name}.engine_latency_ms.p50"] = _ratio(ours.engine_latency.p50, theirs.engine_latency.p50)
    return {name: value for name, value in found.items() if value is not None}


def to_table(report: Report) -> Table:
    size = f"{report.dataset['documents']:,} documents, {report.dataset['queries']} queries"
    table = Table(title=f"{escape(report.dataset['name'])}: {size}", caption=_caption(report), caption_justify="left")
    for position, name in enumerate(COLUMNS):
        table.add_column(name, justify="left" if position < 2 else "right", no_wrap=True)
    _add(table, "citewell", report.ingest.whole_docs_per_s, report.modes)
    for peer in report.peers:
        table.add_section()
        if peer.state != "ok":
            table.add_row(peer.name, "-")
            continue
        _add(table, peer.name, peer.docs_per_s, peer.modes)
        _add_ratios(table, report, peer)
    return table


def _modes_json(modes: Mapping[str, ModeFigures]) -> dict[str, Any]:
    return {
        name: {
            "ndcg@10": round(one.ndcg, 4),
            "recall@100": round(one.recall, 4),
            "latency_ms": asdict(one.latency),
            "engine_latency_ms": asdict(one.engine_latency),
        }
        for name, one in modes.items()
    }


def _peer_json(peer: PeerFigures) -> dict[str, Any]:
    if peer.state != "ok":
        return {"about": peer.about, "state": peer.state}
    speeds = {"docs_per_s": peer.docs_per_s, "chunks_per_s": peer.chunks_per_s, "encode_share": peer.encode_share}
    ingest = {name: value for name, value in speeds.items() if value is not None}
    return {"about": peer.about, "state": peer.state, "ingest": ingest, "modes": _modes_json(peer.modes)}


def _ratio(ours: float, theirs: float | None) -> float | None:
    return float(f"{ours / theirs:.3g}") if theirs else None


def _add(table: Table, system: str, docs_per_s: float | None, modes: Mapping[str, ModeFigures]) -> None:
    speed = f"{docs_per_s:,.1f}" if docs_per_s is not None else ""
    for position, (name, one) in enumerate(modes.items()):
        first = (system, name, speed) if position == 0 else ("", name, "")
        quality = (f"{one.ndcg:.4f}", f"{one.recall:.4f}")
        table.add_row(*first, *quality, *_times(one.latency), *_times(one.engine_latency))


def _add_ratios(table: Table, report: Report, peer: PeerFigures) -> None:
    found = ratios(report, peer)

    def shown(key: str) -> str:
        return f"x{found[key]:.3g}" if key in found else ""

    for position, name in enumerate(peer.modes):
        first = "citewell / peer" if position == 0 else ""
        speed = shown("docs_per_s") if position == 0 else ""
        quality = (shown(f"{name}.ndcg@10"), shown(f"{name}.recall@100"))
        latency = (shown(f"{name}.latency_ms.p50"), "", "", shown(f"{name}.engine_latency_ms.p50"))
        table.add_row(first, name, speed, *quality, *latency, style="dim")


def _times(latency: Percentiles) -> tuple[str, str, str]:
    return f"{latency.p50:.2f}", f"{latency.p95:.2f}", f"{latency.p99:.2f}"


def _caption(report: Report) -> str:
    one, api, machine = report.ingest, report.api, report.machine
    timed = next(iter(report.modes.values())).latency
    lines = [
        f"Ingest: {one.docs_per_s:.1f} documents/s, {one.chunks_per_s:.1f} chunks/s; the model alone "
        f"{one.raw_chunks_per_s:.1f} chunks/s; ratio {one.raw_ratio:.3f} (median of slices), {one.raw_ratio_total:.3f} "
        f"(total); {one.failed} failed; index built in {one.optimize_s:.1f} s.",
        f"Size: index {one.index_mb:.0f} MB, catalog {one.catalog_mb:.0f} MB, peak memory {one.peak_memory_mb:.0f} MB.",
        f"REST adds {api.overhead.p50:.2f} ms (p50) to a hybrid search, {api.bm25_overhead.p50:.2f} to a bm25 search.",
        f"Latency: {timed.queries} queries, {timed.repetitions} times, with query embedding; engine: without it.",
        f"Machine: {machine['cpu']}, {machine['cores']} cores, {machine['torch_threads']} torch threads, "
        f"{machine['precision']}, load {machine['load_before']:.1f} before, {machine['load_after']:.1f} after.",
    ]
    lines += [f"{peer.name}: {peer.about if peer.state == 'ok' else peer.state}." for peer in report.peers]
    return escape("\n".join(lines))
