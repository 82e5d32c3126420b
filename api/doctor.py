"""`citewell doctor`: does everything that Citewell needs work here?"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel
from rich.markup import escape

from api import console
from api.bootstrap import Services
from api.model_server import idle_server
from api.settings import Settings
from generation.ports import Generator
from generation.types import Prompt
from ingest.errors import CitewellError, IndexLockedError, UnavailableError

_LOW_DISK_BYTES = 2**30
_FEW_TOKENS = 8


class Check(BaseModel):
    name: str
    ok: bool
    detail: str


class DoctorReport(BaseModel):
    ok: bool
    checks: list[Check]


_Step: TypeAlias = Callable[[Services], str]


def examine(services: Services) -> DoctorReport:
    """Run every check, also after one has failed."""
    steps: list[tuple[str, _Step]] = [
        ("data folder", _data_folder),
        ("embedding model", _embedding_model),
        ("cross-encoder", _cross_encoder),
        ("reranker", _reranker),
        ("rewriting", _rewriting),
        ("entailment", _entailment),
        ("generator", _generator),
        ("parsers", _parsers),
        ("catalog", _catalog),
    ]
    checks = [Check(name="settings", ok=True, detail="every key is known and in range")]
    checks += [_check(name, step, services) for name, step in steps]
    checks += _indexes(services)
    return DoctorReport(ok=all(check.ok for check in checks), checks=checks)


def show(report: DoctorReport) -> None:
    for check in report.checks:
        mark = "[green]ok    [/]" if check.ok else "[red]FAILED[/]"
        console.out.print(f"{mark} {check.name}: {escape(check.detail)}", soft_wrap=True)


def _check(name: str, step: _Step, services: Services) -> Check:
    try:
        return Check(name=name, ok=True, detail=step(services))
    except Exception as error:
        return _failed(name, error)


def _failed(name: str, error: Exception) -> Check:
    detail = str(error) if isinstance(error, CitewellError) else f"{type(error).__name__}: {error}"
    return Check(name=name, ok=False, detail=detail)


def _data_folder(services: Services) -> str:
    folder = services.data.absolute()
    _write_in(folder)
    free, needed = shutil.disk_usage(folder).free, _reserve(services.settings)
    if free < needed:
        raise UnavailableError(f"{folder} has {free // 2**20} MiB free, {needed // 2**20} are needed: make room.")
    warning = "; little is left, make room" if free < _LOW_DISK_BYTES else ""
    return f"{folder}, {free / 2**30:.1f} GiB free{warning}"


def _write_in(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"The data folder can be written.")
    except OSError as error:
        raise UnavailableError(
            f"The data folder {folder} cannot be written ({error.strerror}); give write permission to the user who "
            f"runs citewell and make room, or choose another with --data."
        ) from error


def _reserve(settings: Settings) -> int:
    """Bytes that must be free on the disk before the index is written."""
    from retrieval.store.edge_disk import RESERVE

    return RESERVE if settings.store.engine == "edge" else 0


def _embedding_model(services: Services) -> str:
    model = services.embedder
    norm = float((model.embed_query("Is the model in order?") ** 2).sum())
    return f"{model.name}, {model.dimension} dimensions, reads {model.max_tokens} tokens, vector length {norm:.3f}"


def _cross_encoder(services: Services) -> str:
    reader = services.cross_encoder
    if reader is None:
        return "not used, because answers.cross_encoder is off"
    right, wrong = reader.score("When does the office open?", ["The office opens at nine.", "Leave is thirty days."])
    if not right > wrong:
        raise UnavailableError("The cross-encoder cannot tell a right answer from a wrong one; install Citewell again.")
    return "tells a right answer from a wrong one"


def _reranker(services: Services) -> str:
    chosen = services.settings.retrieval.reranker
    if services.reranker is None:
        return "not used, because retrieval.reranker is null"
    services.reranker.score("When does the office open?", ["The office opens at nine."])
    return f"{chosen} scores passages"


def _rewriting(services: Services) -> str:
    chosen, model = services.settings.rewriting, services.rewriting_model
    if model is None:
        return "by rules, which need no model" if chosen.rules else "not used, because rewriting.rules is off"
    model.complete("Is the model in order?", _FEW_TOKENS)
    return f"{model.model} answers at {chosen.url}"


def _entailment(services: Services) -> str:
    answers = services.settings.answers
    if answers.generator == "extractive":
        return "not used, because an extractive answer quotes word for word"
    if services.entailment is None:
        return "not used, because answers.nli_model is null"
    passage = "The office opens at nine."
    right, wrong = services.entailment.probabilities(
        [(passage, "The office is open from nine."), (passage, "Leave is thirty days.")]
    )
    if not right > wrong:
        raise UnavailableError(
            f"The model {answers.nli_model!r} cannot tell what a passage says from what it does not; set another "
            f"answers.nli_model, or builtin."
        )
    return f"{answers.nli_model} tells what a passage says from what it does not"


def _generator(services: Services) -> str:
    if services.settings.answers.generator == "extractive":
        return "extractive, which needs no model"
    if services.settings.answers.serve.start and (waiting := idle_server(services.settings.answers)):
        return waiting
    asyncio.run(_first_piece(services.generator))
    services.packer.pack("Is the model in order?", [])  # loads the tokenizer, where one is set
    if services.language_model:
        model = services.language_model.loaded()
        return f"{model.name} answers on {model.device} in {model.precision}"
    return f"{services.generator.name} answers at {services.settings.answers.url}"


async def _first_piece(generator: Generator) -> None:
    async with aclosing(generator.stream(Prompt("Is the model in order?", (), ()))) as pieces:
        await anext(pieces)


def _parsers(services: Services) -> str:
    """unstructured needs a spaCy model for mail and plain paragraphs: parse a small HTML file for real."""
    with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
        path = Path(folder, "doctor.html")
        path.write_text("<h1>Doctor</h1><p>The parsers work.</p>")
        sections = services.parse(path)
    return f"HTML gives {len(sections)} section under {' > '.join(sections[0].headings)!r}"


def _catalog(services: Services) -> str:
    names = services.catalog.collections()
    return f"{services.catalog.count()} documents in {len(names)} collections ({', '.join(names) or 'none yet'})"


def _indexes(services: Services) -> list[Check]:
    """One check a collection: the others work though one does not."""
    try:
        names = services.catalog.collections()
    except Exception as error:
        return [_failed("index", error)]
    if not names:
        return [Check(name="index", ok=True, detail="nothing indexed yet")]
    return [_check(f"index {name}", partial(_chunks, name), services) for name in names]


def _chunks(name: str, services: Services) -> str:
    """An index that another process holds is as it should be: a server runs on this folder."""
    try:
        return f"{services.collection(name).store.count()} chunks"
    except IndexLockedError as error:
        return f"not opened, because it is at work. {error}"
