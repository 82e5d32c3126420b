"""Questions made by a program: which drafts are kept, and what becomes of them when the model fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.settings import load_settings
from eval.commands import generate
from eval.datasets.generate import Draft, first_line, generate_questions, select
from generation.candidates import Candidate
from ingest.errors import InvalidError, UnavailableError
from ingest.types import Chunk
from retrieval.types import Hit
from tests.eval.library import COLLECTION, library
from tests.fakes import HashEmbedder

EMBED = HashEmbedder().embed_query


def draft(question: str, document: str = "leave.md") -> Draft:
    sentence = "Parental leave is thirty days."
    chunk = Chunk("c", "d", "r", "t", (), document, "Leave", sentence, "", 0, None, (), 0, len(sentence))
    return Draft(document, question, Hit(chunk, 1.0), Candidate(1, 0, len(sentence), sentence, ""))


def failing(*questions: str) -> Iterator[Draft]:
    yield from map(draft, questions)
    raise UnavailableError("The language model does not answer.")


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        ('"How long?"\nMore.', "How long?"),
        ("  How long? ", "How long?"),
        ('""', ""),
        ('"\n"', ""),
        ("", ""),
        ('"\nHow long?"', "How long?"),
    ],
)
def test_the_question_in_a_reply(reply: str, line: str) -> None:
    assert first_line(reply) == line


def test_alike_and_unanswered_questions_are_left_out() -> None:
    drafts = map(draft, ["How long is it?", "How long is it?", "Who pays?", "What else may be taken?", "One too many"])
    found = select(drafts, 2, EMBED, lambda one: one.question != "Who pays?")
    assert [row["question"] for row in found.rows] == ["How long is it?", "What else may be taken?"]
    assert (found.duplicates, found.unanswered, found.stopped) == (1, 1, "")
    assert next(drafts).question == "One too many"


def test_what_was_made_before_a_failure_is_kept() -> None:
    found = select(failing("How long is it?", "Who pays?"), 5, EMBED, lambda one: True)
    assert [row["id"] for row in found.rows] == ["s0001", "s0002"]
    assert found.stopped == "The language model does not answer."
    with pytest.raises(UnavailableError):
        select(failing(), 5, EMBED, lambda one: True)


def test_nothing_is_asked_about_a_version_that_made_way(tmp_path: Path) -> None:
    sentence = "A hotel in Lisbon may cost up to {} euros a night including breakfast."
    with library(tmp_path, {}) as shelf:
        shelf.put("old.md", sentence.format(90), valid_from="2023-01-01", version_of="travel")
        shelf.put("new.md", sentence.format(120), valid_from="2025-01-01", version_of="travel")
        found = generate_questions(shelf.services, COLLECTION, 5, 7)
    assert {row["evidence"][0]["document"] for row in found.rows} == {"new.md"}


def test_evidence_names_the_document() -> None:
    (row,) = select(iter([draft("How long?", "b/leave.md")]), 1, EMBED, lambda one: True).rows
    assert row["evidence"] == [{"document": "b/leave.md", "quote": "Parental leave is thirty days."}]


@pytest.mark.parametrize(("place", "said"), [("", "is a folder; name a file"), ("file/x.jsonl", "cannot be written")])
def test_where_questions_go_is_checked_before_they_are_made(
    tmp_path: Path, place: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eval.commands.generate_questions", None)
    (tmp_path / "file").touch()
    with pytest.raises(InvalidError, match=said):
        generate(load_settings(None, {"data": tmp_path / "data"}), "default", tmp_path / place, 5, 7, None)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
