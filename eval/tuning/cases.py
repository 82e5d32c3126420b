"""The questions of a file as they are asked of a collection: each once, its evidence where it stands now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path

from rich.markup import escape

from api import console
from api.bootstrap import Services
from eval.datasets.documents import Documents
from eval.datasets.questions import SectionsOf, numbered_questions, placed, same_question
from eval.experiment.sets import Case
from ingest.errors import InvalidError

FEWEST = 20
_SAID = 5
"""Problems that are told at once."""


@dataclass(frozen=True)
class Cases:
    """`copies`: lines that ask what another line asks; they are one question, for what was learnt from one must not be
    proven with the other. `gone`: places of lines whose documents the collection does not hold (any more)."""

    asked: tuple[Case, ...]
    copies: int
    gone: tuple[str, ...]

    def tell(self) -> None:
        for note in self.notes():
            console.err.print(f"[yellow]note[/]: {escape(note)}", soft_wrap=True)

    def notes(self) -> Iterator[str]:
        """What is not asked, for people."""
        if self.copies:
            yield f"{self.copies} lines repeat the question of another one and count once with it"
        if self.gone:
            yield f"{len(self.gone)} questions are left out, for their documents are not in the collection: " + (
                "; ".join(self.gone[:_SAID]) + (" ..." if len(self.gone) > _SAID else "")
            )


def answerable_cases(path: Path, services: Services, collection: str) -> Cases:
    """Those with an answer in the collection.

    Raises:
        InvalidError: as `all_cases`, or there are too few of them.
    """
    found = all_cases(path, services, collection)
    found = replace(found, asked=tuple(one for one in found.asked if one.answerable))
    if len(found.asked) < FEWEST:
        notes = "".join(f" ({note})" for note in found.notes())
        raise InvalidError(
            f"{path} has {len(found.asked)} answerable questions{notes}; at least {FEWEST} are needed to fit anything."
        )
    return found


def all_cases(path: Path, services: Services, collection: str) -> Cases:
    """Those that no document answers, too. Of several pieces of evidence those in documents that are gone are left out.

    Raises:
        InvalidError: the file is malformed, a name may mean several documents, or a span or its quote does not stand
            in the document; tells several problems at once.
    """
    known, sections_of = _documents(services, collection)
    cases, gone, problems = [], [], []
    for where, one in numbered_questions(path):
        there = [each for each in one.evidence if known.candidates(each.document)]
        try:
            evidence = tuple(placed(each, known, sections_of, where) for each in there)
        except InvalidError as error:
            problems.append(str(error))
            continue
        if one.answerable and not evidence:
            gone.append(f"{where} ({one.evidence[0].document})")
        else:
            cases.append(Case(one.id, one.question, one.answerable, evidence=evidence))
    _check(problems)
    merged = tuple(map(_merged, _by_text(cases)))
    return Cases(merged, len(cases) - len(merged), tuple(gone))


def _documents(services: Services, collection: str) -> tuple[Documents, SectionsOf]:
    """Those of a collection, and source -> what it is indexed as."""
    entries = services.catalog.page(collection, services.settings.access.tenant)
    ids = {entry.source: entry.id for entry in entries}
    known = Documents(Path(f"the collection {collection}"), {source: Path(source) for source in ids})
    return known, cache(lambda source: services.catalog.sections(ids[source]))


def _check(problems: Sequence[str]) -> None:
    if problems:
        more = [f"... {len(problems)} problems in all"] if len(problems) > _SAID else []
        raise InvalidError("\n".join([*problems[:_SAID], *more]))


def _by_text(cases: Sequence[Case]) -> list[list[Case]]:
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(same_question(case.text), []).append(case)
    return list(groups.values())


def _merged(copies: Sequence[Case]) -> Case:
    """With all their evidence; where one has some, the question has an answer."""
    held = [one for one in copies if one.answerable] or copies
    evidence = tuple(dict.fromkeys(chain.from_iterable(one.evidence for one in held)))
    return replace(held[0], evidence=evidence)
