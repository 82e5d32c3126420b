"""What the commands of `citewell tune` do and print."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.progress import track
from rich.table import Table

from api import console
from api.bootstrap import Services
from api.settings import Settings
from api.tuned import Tuned, save_tuned
from eval.tuning.fusion import METRIC, Fitted, cases_of, fit


def tune_fusion(
    settings: Settings, questions: Path, collection: str, seed: int, apply: bool, force: bool, as_json: bool
) -> bool:
    """False where the weight was to be used and was not."""
    with Services(settings) as services:
        opened = services.collection(collection)
        cases = cases_of(questions, services, collection)
        shown = track(cases, "Searching", console=console.err, transient=True, disable=as_json)
        fitted = fit(services, opened, shown, seed)
    used = apply and (fitted.proven or force)
    if used:
        save_tuned(Tuned(dense_weight=fitted.weight), settings.data, collection)
    if as_json:
        sys.stdout.write(json.dumps({**asdict(fitted), "proven": fitted.proven, "used": used}, indent=2) + "\n")
    else:
        _show(fitted, used, apply)
    return used or not apply


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
        console.out.print(f"[green]in use[/] from now on: {fitted.weight:.2f}")
    elif apply:
        said = "the gain is not proven, so nothing was changed; more questions may prove it, or say --force"
        console.err.print(f"[yellow]not used[/]: {said}", soft_wrap=True)
    else:
        console.out.print("Nothing was changed; --apply uses it." if fitted.proven else "The gain is not proven.")
