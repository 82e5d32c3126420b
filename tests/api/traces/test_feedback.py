"""What readers say of answers, and what can be learnt from it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.bootstrap import Services
from api.traces.learning import pairs, questions
from api.traces.schemas import FeedbackOut, FeedbacksOut
from ingest.journal.journal import Entry, reader_of
from retrieval.types import Access
from tests.api.traces.conftest import ANN, BOB, QUESTION, asked, client_for, put, traced


@pytest.fixture
def reader(url: str) -> Iterator[httpx.Client]:
    """The group of its own keeps this file's feedback apart; it reads what hr does."""
    with client_for(url, Access("acme", ("hr", "feedback"))) as client:
        yield client


def say(client: httpx.Client, trace_id: str, rating: str, **more: Any) -> FeedbackOut:
    said = client.post("/feedback", json={"trace_id": trace_id, "rating": rating, **more})
    assert said.status_code == 201, said.text
    return FeedbackOut.model_validate(said.json())


def all_of(client: httpx.Client) -> list[FeedbackOut]:
    return FeedbacksOut.model_validate(client.get("/feedback", params={"limit": 200}).json()).feedback


def test_the_passages_of_a_right_answer_are_learnt_from(reader: httpx.Client) -> None:
    answer = asked(reader)
    said = say(reader, answer["trace_id"], "up", comment=" Thanks ")
    assert (said.rating, said.comment, said.query, said.answer) == ("up", "Thanks", QUESTION, answer["text"])
    assert all_of(reader)[0] == said
    hits = {hit["chunk_id"]: hit for hit in traced(reader, answer["trace_id"])["hits"]}
    cited = hits[answer["citations"][0]["chunk_id"]]
    made = list(pairs([said]))
    assert made[0].model_dump() == {
        "query": QUESTION,
        "positive": f"{cited['context']}\n{cited['text']}",
        "source": "upload:leave.md",
    }
    assert len({one.positive for one in made}) == len(made)


def test_a_wrong_answer_teaches_where_the_right_one_stands(reader: httpx.Client, quoting: Services) -> None:
    answer = asked(reader, "When does the office open?")
    document = next(one for one in quoting.catalog.page("default", "acme") if one.source == "upload:hours.txt")
    quote = "The office  opens at nine"  # white space does not matter
    said = say(reader, answer["trace_id"], "down", correct={"document_id": document.id, "quote": quote})
    assert [one.positive for one in pairs([said])] == [f"{document.title}\n{quote}" if document.title else quote]
    (question,) = questions([said])
    assert (question.answerable, question.answer, question.tags) == (True, "", ["feedback"])
    assert [one.model_dump() for one in question.evidence] == [{"document": "upload:hours.txt", "quote": quote}]
    bare = say(reader, answer["trace_id"], "down", correct={"document_id": document.id})
    assert list(pairs([bare])) == []
    assert list(questions([bare])) == []


def test_the_last_word_on_an_answer_counts(reader: httpx.Client) -> None:
    trace_id = asked(reader)["trace_id"]
    say(reader, trace_id, "up")
    say(reader, trace_id, "down")
    said = [one for one in all_of(reader) if one.trace_id == trace_id]
    assert [one.rating for one in said] == ["down", "up"]
    assert list(pairs(said)) == []
    assert len(list(pairs(said[1:]))) > 0


def test_a_right_refusal_is_a_question_without_an_answer(reader: httpx.Client) -> None:
    said = say(reader, asked(reader)["trace_id"], "up").model_copy(
        update={"refused": True, "evidence": [], "passages": []}
    )
    (question,) = questions([said])
    assert (question.answerable, question.answer, question.evidence) == (False, "", [])
    assert list(questions([said.model_copy(update={"rating": "down"})])) == []


def test_what_is_wrong_is_refused(reader: httpx.Client, quoting: Services, url: str) -> None:
    trace_id = asked(reader)["trace_id"]
    page = quoting.catalog.page("default", "acme")
    leave = next(one.id for one in page if one.source == "upload:leave.md")
    put(quoting, "prices.txt", "Prices rise.", BOB)
    hidden = next(one.id for one in quoting.catalog.page("default", "acme") if one.source == "upload:prices.txt")
    for wrong, status, told in (
        ({"rating": "sideways"}, 422, "rating"),
        ({"trace_id": "nothing"}, 404, "There is no trace 'nothing'"),
        ({"correct": {"document_id": leave, "quote": "Leave is for ever"}}, 400, "does not hold the quote"),
        ({"correct": {"document_id": hidden}}, 404, "There is no document"),
        ({"comment": " "}, 422, "comment"),
    ):
        refused = reader.post("/feedback", json={"trace_id": trace_id, "rating": "down", **wrong})
        assert (refused.status_code, told in refused.json()["detail"]) == (status, True)
    assert [one for one in all_of(reader) if one.trace_id == trace_id] == []


def test_nobody_else_sees_it(reader: httpx.Client, url: str) -> None:
    said = say(reader, asked(reader)["trace_id"], "up")
    for access in (ANN, BOB, Access("other", ("hr", "feedback"))):
        with client_for(url, access) as other:
            assert said.id not in other.get("/feedback").text


def test_exports_are_read_by_what_they_are_made_for(reader: httpx.Client, tmp_path: Path) -> None:
    from eval.datasets.questions import load_questions
    from eval.tuning.reranker.pairs import load_pairs

    say(reader, asked(reader)["trace_id"], "up")
    said = all_of(reader)
    for name, rows in (("pairs", list(pairs(said))), ("questions", list(questions(said)))):
        (tmp_path / name).write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")
    assert QUESTION in {pair.query for pair in load_pairs(tmp_path / "pairs")}
    assert QUESTION in {one.question for one in load_questions(tmp_path / "questions")}


def test_it_can_be_deleted_when_its_trace_is_gone(reader: httpx.Client, quoting: Services, url: str) -> None:
    said, other = (say(reader, asked(reader)["trace_id"], "up") for _ in range(2))
    mine = reader_of("acme", ("hr", "feedback"))
    trace = quoting.journals.traces.get(said.trace_id, mine)
    quoting.journals.traces.expire(trace.created_at + timedelta(microseconds=1))
    with client_for(url, ANN) as ann:
        assert ann.delete(f"/feedback/{said.id}").status_code == 404
    gone = reader.delete(f"/feedback/{said.id}")
    assert (gone.status_code, gone.json()) == (200, {"id": said.id, "trace_id": said.trace_id})
    assert reader.delete(f"/feedback/{said.id}").status_code == 404
    left = [one.id for one in all_of(reader)]
    assert (said.id in left, other.id in left) == (False, True)


def test_of_a_trace_that_is_deleted_meanwhile_nothing_is_kept(
    reader: httpx.Client, quoting: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace_id = asked(reader)["trace_id"]
    add = quoting.journals.feedback.add

    def late(entries: Sequence[Entry]) -> None:
        quoting.journals.traces.remove(trace_id, reader_of("acme", ("hr", "feedback")))
        add(entries)

    monkeypatch.setattr(quoting.journals.feedback, "add", late)
    assert reader.post("/feedback", json={"trace_id": trace_id, "rating": "up"}).status_code == 404
    assert trace_id not in {one.trace_id for one in all_of(reader)}
