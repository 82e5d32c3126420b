"""What the commands of `citewell tune` do and print."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

from rich.progress import track
from rich.table import Table

from api import console, parts
from api.bootstrap import Services
from api.settings import Settings
from api.tuned import load_tuned, save_tuned
from eval.tuning.cases import answerable_cases
from eval.tuning.fusion import METRIC, Fitted, check_settings, check_usable, fit
from eval.tuning.reranker.mining import Serving
from eval.tuning.reranker.pairs import Pair, load_pairs, pairs_of_collection
from eval.tuning.reranker.run import Tuned as Reranked
from eval.tuning.reranker.run import tune
from eval.tuning.reranker.training import TrainingOptions


def tune_fusion(
    settings: Settings, questions: Path, collection: str, seed: int, apply: bool, force: bool, as_json: bool
) -> bool:
    """False where the weight was to be used and was not.

    Raises:
        InvalidError: the settings leave no room for a weight, the questions cannot prove one, or as
            `answerable_cases` says.
    """
    check_settings(settings.retrieval)
    if apply and not force:
        check_usable(questions)
    with Services(settings) as services:
        opened = services.collection(collection)
        cases = answerable_cases(questions, services, collection)
        cases.tell()
        shown = track(cases.asked, "Searching", console=console.err, transient=True, disable=as_json)
        fitted = fit(services, opened, shown, seed)
    used = apply and (fitted.proven or force)
    if used:
        save_tuned(
            replace(load_tuned(settings.data, collection), dense_weight=fitted.weight), settings.data, collection
        )
    if as_json:
        sys.stdout.write(json.dumps({**asdict(fitted), "proven": fitted.proven, "used": used}, indent=2) + "\n")
    else:
        _show(fitted, used, apply)
    return used or not apply


def tune_reranker(
    settings: Settings,
    files: Sequence[Path],
    collection: str,
    out: Path,
    limit: int | None,
    options: TrainingOptions,
    as_json: bool,
) -> bool:
    """False where the gain is not proven. While it trains, the collection is free for others."""
    given = [pair for file in files for pair in load_pairs(file, limit)] or _of_collection(settings, collection, limit)
    say = (lambda line: None) if as_json else (lambda line: console.err.print(line, soft_wrap=True))
    with Services(settings) as services:
        serving = serving_of(settings, collection)
        found = tune(given, services.embedder, settings.embedding.model, out, options, serving, say)
    if as_json:
        sys.stdout.write(json.dumps({**asdict(found), "proven": found.proven, "folder": str(out)}, indent=2) + "\n")
    else:
        _show_reranker(found, out, options)
    return found.proven


def serving_of(settings: Settings, collection: str) -> Serving:
    """How the collection is searched before a reranker reads, with the weight that was fitted to it."""
    chosen, tuned = settings.retrieval, parts.tuned_weight(settings, settings.data, collection)
    return Serving(
        parts.fusion_options(settings, tuned),
        chosen.candidates,
        chosen.rerank_candidates,
        parts.bm25_parameters(settings),
    )


def _of_collection(settings: Settings, collection: str, limit: int | None) -> list[Pair]:
    with Services(settings) as services:
        return list(islice(pairs_of_collection(services, services.collection(collection)), limit))


def _show_reranker(found: Reranked, out: Path, options: TrainingOptions) -> None:
    gain = found.gain.mean
    console.out.print(
        f"Mean reciprocal rank on {found.held_out} questions that nothing was learnt from: {found.before:.4f} by "
        f"hybrid search, {found.after:.4f} with the reranker ({gain.mean:+.4f}; {gain.low:+.4f} to {gain.high:+.4f}, "
        "95 %)",
        soft_wrap=True,
    )
    if found.proven:
        keys = {"reranker": str(out), "rerank_weight": options.weight, "rerank_scale": "sigmoid"}
        said = ", ".join(f"retrieval.{key}: {value}" for key, value in keys.items())
        console.out.print(f"The gain is proven. To use it, set {said}", soft_wrap=True)
    else:
        console.out.print("The gain is not proven; more pairs or more time may help.")


def _show(fitted: Fitted, used: bool, apply: bool) -> None:
    table = Table("share of the dense branch", METRIC)
    for weight, score in sorted(fitted.scores.items()):
        marks = [name for name, one in (("now", fitted.before), ("best", fitted.weight)) if one == weight]
        table.add_row(f"{weight:.2f} {' '.join(marks)}".strip(), f"{score:.4f}")
    console.out.print(table)
    gain = fitted.gain.mean
    console.out.print(
        f"Gain on questions that the weight was not chosen by: {gain.mean:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}, "
        f"95 %, {fitted.questions} questions)",
        soft_wrap=True,
    )
    if used:
        console.out.print(f"[green]in use[/] from now on: {fitted.weight:.2f}; running servers use it after a restart")
    elif apply:
        said = "the gain is not proven, so nothing was changed; more questions may prove it, or say --force"
        console.err.print(f"[yellow]not used[/]: {said}", soft_wrap=True)
    else:
        console.out.print("Nothing was changed; --apply uses it." if fitted.proven else "The gain is not proven.")
