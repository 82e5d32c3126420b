"""What `citewell tune abstention` does and prints."""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from rich.progress import track
from rich.table import Table

from api import console, parts
from api.bootstrap import Collection, Services
from api.settings import Settings
from api.tuned import Abstention, load_tuned, save_tuned
from eval.statistics import Estimate
from eval.tuning.abstention.asking import ask, check_settings, check_usable
from eval.tuning.abstention.fitting import Fitted, check_counts, fit
from eval.tuning.abstention.goals import Goal, Precision
from eval.tuning.cases import all_cases

_ROWS = {
    "coverage": "questions answered",
    "risk": "wrong among the answered",
    "refusal_precision": "unanswerable among the refused",
    "refusal_recall": "unanswerable ones refused",
    "refused_answerable": "answerable ones refused",
    "area": "area under risk-coverage",
}


def tune_abstention(
    settings: Settings,
    questions: Path,
    collection: str,
    goal: Goal,
    seed: int,
    apply: bool,
    force: bool,
    as_json: bool,
) -> bool:
    """False where what was fitted was to be used and was not.

    Raises:
        InvalidError: the settings use no fitted confidence, the questions cannot prove one, are too few or malformed,
            or no threshold reaches the goal.
    """
    check_settings(settings.answers)
    if apply and not force:
        check_usable(questions)
    with Services(settings) as services:
        opened = services.collection(collection)
        cases = all_cases(questions, services, collection)
        cases.tell()
        check_counts([one.answerable for one in cases.asked])
        shown = track(cases.asked, "Asking", console=console.err, transient=True, disable=as_json)
        threshold = opened.abstention.min_confidence if opened.abstention else settings.answers.min_confidence
        fitted = fit(ask(services, opened, shown), threshold, goal, seed)
    used = apply and (fitted.proven or force)
    if used:
        _save(fitted, settings, opened)
    if as_json:
        sys.stdout.write(json.dumps({**asdict(fitted), "proven": fitted.proven, "used": used}, indent=2) + "\n")
    else:
        _show(fitted, threshold, used, apply)
    return used or not apply


def _save(fitted: Fitted, settings: Settings, opened: Collection) -> None:
    found = Abstention(fitted.confidence, fitted.min_confidence, parts.abstention_settings(settings, opened.tuned))
    save_tuned(replace(load_tuned(settings.data, opened.name), abstention=found), settings.data, opened.name)


def _show(fitted: Fitted, threshold: float, used: bool, apply: bool) -> None:
    table = Table("", f"now, below {threshold:.3g}", f"fitted, below {fitted.min_confidence:.3g}", title="Refused")
    for name, label in _ROWS.items():
        table.add_row(label, *(_said(getattr(of, name)) for of in (fitted.before, fitted.after)))
    table.add_row("calibration error", *(f"{of.calibration_error:.3f}" for of in (fitted.before, fitted.after)))
    console.out.print(table)
    gain, goal = fitted.gain.mean, fitted.goal
    worth = f"a precision of {goal.wanted:g}" if isinstance(goal, Precision) else f"a wrong answer costs {goal.wrong:g}"
    console.out.print(
        f"Gain a question on questions that nothing was fitted to ({worth}): {gain.mean:+.4f} ({gain.low:+.4f} to "
        f"{gain.high:+.4f}, 95 %, {fitted.answerable} answerable and {fitted.questions - fitted.answerable} others)",
        soft_wrap=True,
    )
    if used:
        console.out.print("[green]in use[/] from now on; running servers use it after a restart")
    elif apply:
        said = "the gain is not proven, so nothing was changed; more questions may prove it, or say --force"
        console.err.print(f"[yellow]not used[/]: {said}", soft_wrap=True)
    else:
        console.out.print("Nothing was changed; --apply uses it." if fitted.proven else "The gain is not proven.")


def _said(one: Estimate) -> str:
    return f"{one.mean:.3f} ({one.low:.3f} to {one.high:.3f})" if one.count else "-"
