"""`citewell doctor`: does everything that Citewell needs work here?"""

import shutil
from collections.abc import Callable
from functools import partial

from pydantic import BaseModel
from rich.markup import escape

from api import console
from api.bootstrap import Services
from api.settings import Settings
from ingest.errors import CitewellError, IndexLockedError

_LOW_DISK_BYTES = 2**30


class Check(BaseModel):
    name: str
    ok: bool
    detail: str


class DoctorReport(BaseModel):
    ok: bool
    checks: list[Check]


def examine(settings: Settings) -> DoctorReport:
    """Run every check, also after one has failed."""
    with Services(settings) as services:
        steps: list[tuple[str, Callable[[Services], str]]] = [
            ("data folder", _data_folder),
            ("embedding model", _embedding_model),
            ("parsers", _parsers),
            ("catalog", _catalog),
            ("index", _index),
        ]
        checks = [Check(name="settings", ok=True, detail="every key is known and in range")]
        checks += [_check(name, step, services) for name, step in steps]
    return DoctorReport(ok=all(check.ok for check in checks), checks=checks)


def show(report: DoctorReport) -> None:
    for check in report.checks:
        mark = "[green]ok    [/]" if check.ok else "[red]FAILED[/]"
        console.out.print(f"{mark} {check.name}: {escape(check.detail)}", soft_wrap=True)


def _check(name: str, step: Callable[[Services], str], services: Services) -> Check:
    try:
        return Check(name=name, ok=True, detail=step(services))
    except (CitewellError, OSError) as error:
        return Check(name=name, ok=False, detail=str(error))


def _data_folder(services: Services) -> str:
    free = shutil.disk_usage(services.data).free
    warning = "; little is left, make room" if free < _LOW_DISK_BYTES else ""
    return f"{services.data.absolute()}, {free / 2**30:.1f} GiB free{warning}"


def _embedding_model(services: Services) -> str:
    model = services.embedder
    norm = float((model.embed_query("Is the model in order?") ** 2).sum())
    return f"{model.name}, {model.dimension} dimensions, reads {model.max_tokens} tokens, vector length {norm:.3f}"


def _parsers(services: Services) -> str:
    """unstructured needs a spaCy model for mail and plain paragraphs: parse a small HTML file for real."""
    path = services.data / ".doctor.html"
    path.write_text("<h1>Doctor</h1><p>The parsers work.</p>")
    try:
        sections = services.parse(path)
    finally:
        path.unlink()
    return f"HTML gives {len(sections)} section under {' > '.join(sections[0].headings)!r}"


def _catalog(services: Services) -> str:
    names = services.catalog.collections()
    return f"{services.catalog.count()} documents in {len(names)} collections ({', '.join(names) or 'none yet'})"


def _index(services: Services) -> str:
    return "; ".join(map(partial(_chunks, services), services.catalog.collections())) or "nothing indexed yet"


def _chunks(services: Services, name: str) -> str:
    """An index that another process holds is as it should be: a server runs on this folder."""
    try:
        return f"{name}: {services.collection(name).store.count()} chunks"
    except IndexLockedError as error:
        return f"{name}: not opened, because it is at work. {error}"
