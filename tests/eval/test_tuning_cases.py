"""What of a file of questions is asked of a collection. With a hash embedder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.datasets.questions import Evidence
from eval.tuning.cases import all_cases, answerable_cases
from ingest.errors import InvalidError
from tests.eval.library import COLLECTION, Library, library

TEXT = "Leave is thirty days.\n\nIt lapses in March."


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with library(tmp_path_factory.mktemp("shelf"), {}) as found:
        for source in ("/kb/leave.md", "/kb/hr/policy.md", "/kb/it/policy.md"):
            found.put(source, TEXT)
        yield found


def questions(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "asked.jsonl"
    path.write_text("".join(json.dumps({"id": str(number), **row}) + "\n" for number, row in enumerate(rows)))
    return path


def asked(question: str, answerable: bool = True, **evidence: Any) -> dict[str, Any]:
    given = {"document": "leave.md", "quote": "Leave is thirty days.", **evidence}
    return {"question": question, "answerable": answerable, "evidence": [given] if answerable else []}


def test_a_question_that_is_there_often_counts_once(shelf: Library, tmp_path: Path) -> None:
    often = [asked(text) for text in ("How long is leave?", "how long  is leave", "How long is leave ?")] * 10
    path = questions(tmp_path, *often, asked("Who won?", answerable=False), asked("HOW LONG IS LEAVE?", False))
    found = all_cases(path, shelf.services, COLLECTION)
    assert [(one.text, one.answerable) for one in found.asked] == [("How long is leave?", True), ("Who won?", False)]
    assert found.copies == 30
    assert found.asked[0].evidence == (Evidence("/kb/leave.md", "Leave is thirty days."),)
    with pytest.raises(InvalidError, match=r"has 1 answerable questions \(30 lines repeat the question of another one"):
        answerable_cases(path, shelf.services, COLLECTION)


def test_copies_bring_their_evidence_together(shelf: Library, tmp_path: Path) -> None:
    path = questions(tmp_path, asked("Leave?", False), asked("Leave?"), asked("leave", quote="It lapses in March."))
    (found,) = all_cases(path, shelf.services, COLLECTION).asked
    assert (found.id, found.answerable) == ("1", True)
    assert [one.quote for one in found.evidence] == ["Leave is thirty days.", "It lapses in March."]


def test_questions_whose_documents_are_gone_are_left_out_and_told(shelf: Library, tmp_path: Path) -> None:
    path = questions(tmp_path, asked("Gone?", document="old.md"), asked("Leave?"))
    found = all_cases(path, shelf.services, COLLECTION)
    assert [one.text for one in found.asked] == ["Leave?"]
    assert found.gone == (f"{path}:1 (old.md)",)
    assert "1 questions are left out, for their documents are not in the collection" in "".join(found.notes())


def test_spans_are_checked_against_the_text_that_is_indexed(shelf: Library, tmp_path: Path) -> None:
    path = questions(tmp_path, asked("Leave?", span=[0, 23]))
    (found,) = all_cases(path, shelf.services, COLLECTION).asked
    assert found.evidence[0].span == (0, 21)  # without the line break


def test_problems_are_told_together(shelf: Library, tmp_path: Path) -> None:
    path = questions(
        tmp_path,
        asked("a", span=[100_000, 100_010]),
        asked("b", span=[0, 21], quote="It lapses in March."),
        asked("c", document="policy.md"),
    )
    with pytest.raises(InvalidError) as told:
        all_cases(path, shelf.services, COLLECTION)
    first, second, third = str(told.value).split("\n")
    assert first == f"{path}:1: there is no text at 100000-100010 of /kb/leave.md, which has 42 characters."
    assert second.startswith(f"{path}:2: at 0-21 of /kb/leave.md stands 'Leave is thirty days.', not 'It lapses")
    assert "may be /kb/hr/policy.md or /kb/it/policy.md" in third
