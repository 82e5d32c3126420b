"""Lays out a report: one HTML file that needs nothing else, and the same in Markdown."""

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.evaluations import REPORT
from eval.experiment.outcomes import Lost, Run
from eval.experiment.runs import load_aggregates
from eval.report.content import sections
from ingest.whole import write_whole

_FOLDER = Path(__file__).parent


def write_report(run: Run, folder: Path) -> None:
    """`report.html` and `report.md` in `folder`, where the run was saved.

    Raises:
        InvalidError: the folder does not hold the aggregates of a run.
    """
    content = {
        "run": run,
        "sections": list(sections(run, load_aggregates(folder))),
        "stages": list(Lost),
        "machine": _pretty(run.machine),
        "settings": {name: _pretty(settings) for name, settings in run.configurations.items()},
    }
    for name, escaped in ((REPORT, True), ("report.md", False)):
        environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=escaped,
            undefined=StrictUndefined,
            trim_blocks=not escaped,
            lstrip_blocks=not escaped,
        )
        text = environment.get_template(f"{name}.j2").render(content)
        write_whole(folder / name, text)


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
