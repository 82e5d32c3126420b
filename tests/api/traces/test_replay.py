"""The same question again: what differs, and why."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import tzset
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bootstrap import Services
from api.schemas import AnswerIn, TurnIn
from api.traces.replay import NOISE, compared
from api.traces.schemas import ReplayOut, TracedHit, TraceOut
from tests.api.conftest import HOURS, LEAVE
from tests.api.openai.conftest import serving
from tests.api.traces.conftest import ANN, QUOTING, asked, client_for, over, put, traced
from tests.api.traces.test_recorder import course, trace


def replayed(client: httpx.Client, trace_id: str) -> ReplayOut:
    return ReplayOut.model_validate(client.post(f"/traces/{trace_id}/replay").raise_for_status().json())


def test_an_unchanged_index_gives_the_same(ann: httpx.Client) -> None:
    trace_id = asked(ann, top_k=3)["trace_id"]
    count = len(ann.get("/traces").json()["traces"])
    found = replayed(ann, trace_id)
    assert found.same
    assert (found.settings, found.versions, found.documents, found.outcome, found.hits) == ([], [], [], [], [])
    assert (found.citations_gone, found.citations_new, found.notes) == ([], [], [])
    assert len(ann.get("/traces").json()["traces"]) == count  # it leaves no trace


def test_a_document_that_changed_is_named(ann: httpx.Client, quoting: Services, collection: str) -> None:
    put(quoting, "leave.md", LEAVE, ANN, collection)
    trace_id = asked(ann, collection=collection)["trace_id"]
    put(quoting, "leave.md", LEAVE.replace("thirty", "forty"), ANN, collection)
    found = replayed(ann, trace_id)
    (document,) = found.documents
    assert (document.source, document.revision_before != document.revision_after) == ("upload:leave.md", True)
    assert {one.kind for one in found.hits} == {"gone", "new"}
    assert not found.same
    assert "text" in {one.name for one in found.outcome}
    assert found.citations_gone[0].quote == "Parental leave is thirty days."
    assert found.citations_new[0].quote == "Parental leave is forty days."


def test_a_document_that_is_gone_is_named(ann: httpx.Client, quoting: Services, collection: str) -> None:
    put(quoting, "leave.md", LEAVE, ANN, collection)
    put(quoting, "hours.txt", HOURS, ANN, collection)
    before = TraceOut.model_validate(traced(ann, asked(ann, collection=collection)["trace_id"]))
    ann.delete(f"/documents/{before.citations[0].document_id}").raise_for_status()
    found = replayed(ann, before.id)
    leave = before.citations[0].document_id
    assert [(one.document_id, one.source, one.revision_after) for one in found.documents] == [(leave, "", None)]
    assert "gone" in {one.kind for one in found.hits}


def test_settings_that_changed_are_named(data: Path) -> None:
    with over(data) as services, serving(services) as url, client_for(url, ANN) as client:
        trace_id = asked(client)["trace_id"]
    strict = {**QUOTING, "min_confidence": 1.0}
    with over(data, answers=strict) as services, serving(services) as url, client_for(url, ANN) as client:
        found = replayed(client, trace_id)
    assert [(one.name, one.before, one.after) for one in found.settings] == [("answers.min_confidence", 0.0, 1.0)]
    assert [one.name for one in found.outcome] == ["outcome", "text", "refused"]
    assert found.hits == []
    assert not found.same


def test_settings_that_changed_nothing_are_named_all_the_same(data: Path) -> None:
    with over(data) as services, serving(services) as url, client_for(url, ANN) as client:
        trace_id = asked(client)["trace_id"]
    other = {"dense_weight": 0.51}
    with over(data, retrieval=other) as services, serving(services) as url, client_for(url, ANN) as client:
        found = replayed(client, trace_id)
    assert [one.name for one in found.settings] == ["retrieval.dense_weight"]
    assert {one.kind for one in found.hits} <= {"rescored"}
    assert found.outcome == []


def test_the_options_are_those_of_the_first_time(ann: httpx.Client) -> None:
    options: dict[str, Any] = {"mode": "bm25", "filters": {"title": "Leave"}, "as_of": "2020-01-01", "top_k": 1}
    found = replayed(ann, asked(ann, **options)["trace_id"])
    assert found.same
    assert found.after.asked == found.before.asked
    assert found.after.asked.as_of == date(2020, 1, 1)
    assert set(found.after.hits[0].origin) == {"bm25"}


def test_a_question_that_cannot_be_asked_any_more(ann: httpx.Client, quoting: Services, collection: str) -> None:
    put(quoting, "leave.md", LEAVE, ANN, collection)
    trace = traced(ann, asked(ann, collection=collection)["trace_id"])
    ann.delete(f"/documents/{trace['hits'][0]['document_id']}").raise_for_status()
    quoting.drop(collection)
    refused = ann.post(f"/traces/{trace['id']}/replay")
    assert (refused.status_code, collection in refused.json()["detail"]) == (404, True)
    assert traced(ann, trace["id"])["withheld"] == [trace["hits"][0]["document_id"]]


HITS = st.lists(st.integers(0, 8), max_size=6, unique=True)


@given(HITS, HITS, st.floats(0, 1))
def test_every_hit_that_is_elsewhere_is_named_once(before: list[int], after: list[int], noise: float) -> None:
    found = compared(found_in(before, 0), found_in(after, noise * NOISE * 0.99), {})
    kinds = {one.chunk_id: one.kind for one in found.hits}
    assert len(kinds) == len(found.hits)
    expected = {str(key): "gone" for key in before if key not in after}
    expected |= {str(key): "new" for key in after if key not in before}
    expected |= {str(key): "moved" for key in before if key in after and before.index(key) != after.index(key)}
    assert kinds == expected
    assert found.same == (before == after)


def found_in(keys: list[int], noise: float) -> TraceOut:
    hits = [hit(str(key), rank, 1 / rank + noise) for rank, key in enumerate(keys, start=1)]
    return trace(course("a")).model_copy(update={"hits": hits})


def test_hits_that_change_places_at_the_same_score_are_no_change() -> None:
    first = scored(("a", 0.9), ("b", 0.5000001), ("c", 0.5), ("d", 0.2))
    swapped = scored(("a", 0.9), ("c", 0.5000001), ("b", 0.5), ("d", 0.2))
    assert compared(first, swapped, {}).same
    rose = compared(first, scored(("a", 0.9), ("c", 0.503), ("b", 0.5), ("d", 0.2)), {})
    assert [(one.kind, one.chunk_id) for one in rose.hits] == [("moved", "b"), ("moved", "c")]
    risen = compared(first, scored(("b", 0.5), ("c", 0.5), ("d", 0.2)), {})
    assert [(one.kind, one.chunk_id) for one in risen.hits] == [("gone", "a"), *(("moved", key) for key in "bcd")]
    one, other = (scored(*((key, 1 / (60 + rank)) for rank, key in enumerate(keys, 1))) for keys in ("abcd", "acbd"))
    assert len(compared(one, other, {}).hits) == 2  # what is fused by ranks lies close together


def test_the_passages_of_a_document_that_was_taken_up_again_are_the_same() -> None:
    first = scored(("a", 0.9), ("b", 0.5), ("c", 0.2))
    texts = {"a2": "text of a", "c2": "text of c", "d2": "text of d"}
    second = scored(("a2", 0.9), ("c2", 0.5), ("d2", 0.2))
    renamed = [hit.model_copy(update={"text": texts[hit.chunk_id]}) for hit in second.hits]
    found = compared(first, second.model_copy(update={"hits": renamed}), {})
    assert [(one.kind, one.chunk_id) for one in found.hits] == [("gone", "b"), ("moved", "c"), ("new", "d2")]


def scored(*hits: tuple[str, float]) -> TraceOut:
    made = [hit(key, rank, score) for rank, (key, score) in enumerate(hits, start=1)]
    return trace(course("a")).model_copy(update={"hits": made})


def hit(key: str, rank: int, score: float) -> TracedHit:
    return TracedHit(
        chunk_id=key,
        document_id="d",
        title="t",
        source="s",
        page=None,
        headings=[],
        char_start=0,
        char_end=1,
        kind="text",
        text=f"text of {key}",
        score=score,
        origin={},
        metadata={},
        rank=rank,
        revision="r",
        context="",
    )


def test_only_a_model_makes_questions_anew_each_time() -> None:
    turns = [TurnIn(role="user", content="How long is parental leave?")]
    ruled = trace(course("a")).model_copy(update={"asked": AnswerIn(query="And paid?", history=turns)})
    written = ruled.model_copy(update={"settings": {**ruled.settings, "rewriting.url": "http://localhost:8000/v1"}})
    assert not any("stand alone" in note for note in compared(ruled, ruled, {}).notes)
    assert any("stand alone" in note for note in compared(written, written, {}).notes)


def test_a_budget_of_time_is_named_where_something_is_reranked() -> None:
    plain = trace(course("a"))
    for reranker, told in (("some/model", True), (None, False)):
        chosen = {"retrieval.reranker": reranker, "retrieval.rerank_budget_ms": 100.0}
        hurried = plain.model_copy(update={"settings": chosen})
        assert any("retrieval.rerank_budget_ms" in note for note in compared(plain, hurried, {}).notes) is told


def test_another_day_is_one_by_the_clock_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def noted(*hours: int) -> bool:
        before, after = (
            trace(course("a")).model_copy(
                update={"created_at": datetime(2025, 6, 1, tzinfo=UTC) + timedelta(hours=one)}
            )
            for one in hours
        )
        return any("another day" in note for note in compared(before, after, {}).notes)

    with monkeypatch.context() as there:
        there.setenv("TZ", "XXX+4")  # four hours behind
        tzset()
        found = noted(3, 5), noted(23, 25)
    tzset()
    assert found == (True, False)
