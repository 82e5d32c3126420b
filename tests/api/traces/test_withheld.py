"""Nobody reads in traces, replays, feedback and sessions what they may not read any more; what is deleted is erased."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import operations
from api.bootstrap import Services
from api.erasing import erase
from api.traces.schemas import FeedbackOut, KeptFeedback
from api.traces.withholding import feedback_without
from ingest.journal.journal import Entry, Journal, reader_of
from ingest.pipeline import Label
from retrieval.types import Access
from tests.api.openai.conftest import serving
from tests.api.traces.conftest import ANN, asked, client_for, over, put, traced

SECRET = "nine hundred coins"
PAY = f"# Pay of the director\n\nThe salary of the director is {SECRET}.\n"
DAY = timedelta(days=1)
NEW = {"withheld", "origin_unknown"}
QUESTION = "What is the salary of the director?"
EVERYONE = Access("acme")


@pytest.fixture
def services(data: Path) -> Iterator[Services]:
    with over(data) as opened:
        put(opened, "pay.md", PAY, EVERYONE)
        yield opened


@pytest.fixture
def client(services: Services) -> Iterator[httpx.Client]:
    with serving(services) as url, client_for(url, EVERYONE) as opened:
        yield opened


def document_of(answer: dict[str, Any]) -> str:
    return str(answer["citations"][0]["document_id"])


def narrowed(services: Services) -> None:
    label, hr = Label.of("acme", ["hr"], {}), Access("acme", ("hr",))
    operations.upload(services, "pay.md", BytesIO(PAY.encode()), "default", label, hr)


def gone(services: Services, answer: dict[str, Any]) -> None:
    operations.delete(services, document_of(answer), EVERYONE)


def again(services: Services, answer: dict[str, Any]) -> None:
    """What is put in its place is another document."""
    gone(services, answer)
    put(services, "pay.md", "# Pay\n\nThe salary of the director is not told.\n", EVERYONE)


def everything(client: httpx.Client, trace_id: str, session: str) -> str:
    """All that the reader can see of an answer."""
    paths = (f"/traces/{trace_id}", "/traces", "/feedback", f"/sessions/{session}")
    replayed = client.post(f"/traces/{trace_id}/replay").raise_for_status().text
    return "\n".join([replayed, *(client.get(path).raise_for_status().text for path in paths)])


@pytest.mark.parametrize("withdraw", ["narrowed", "gone", "again"])
def test_what_may_not_be_read_any_more_is_withheld(client: httpx.Client, services: Services, withdraw: str) -> None:
    session = client.post("/sessions", json={}).json()["id"]
    answer = asked(client, QUESTION, session=session)
    assert SECRET in answer["text"]
    client.post("/feedback", json={"trace_id": answer["trace_id"], "rating": "up"}).raise_for_status()
    later = asked(client, "And of the deputy?", session=session)["trace_id"]
    if withdraw == "narrowed":
        narrowed(services)
    else:
        {"gone": gone, "again": again}[withdraw](services, answer)
    seen = everything(client, answer["trace_id"], session) + client.get(f"/traces/{later}").text
    assert (SECRET in seen, "Pay of the director" in seen) == (False, False)
    trace = traced(client, answer["trace_id"])
    assert trace["withheld"] == [document_of(answer)]
    assert trace["hits"][0]["score"] == answer["hits"][0]["score"]
    told = client.post("/feedback", json={"trace_id": answer["trace_id"], "rating": "up"}).json()
    assert (told["passages"], told["evidence"], told["answer"]) == ([], [], "")
    turn = client.get(f"/sessions/{session}").json()["turns"][0]
    assert (turn["question"], turn["answer"], turn["withheld"]) == (QUESTION, "", [document_of(answer)])
    asked(client, "And of the chair?", session=session)  # nothing of it is recalled
    assert SECRET not in client.get("/traces").text


@pytest.mark.parametrize("erased", [False, True])
def test_a_session_that_cited_what_was_deleted_is_traced_whole(
    client: httpx.Client, services: Services, monkeypatch: pytest.MonkeyPatch, erased: bool
) -> None:
    monkeypatch.setattr(Services, "reads_history", True)
    session = client.post("/sessions", json={}).json()["id"]
    gone(services, asked(client, QUESTION, session=session))
    if erased:
        services.forget()
    trace = traced(client, asked(client, "When is the office open?", session=session)["trace_id"])
    assert (trace["recalled"], trace["withheld"], bool(trace["text"])) == ([], [], True)


def test_who_may_still_read_sees_all(client: httpx.Client, services: Services) -> None:
    put(services, "hers.md", PAY, ANN)
    with client_for(str(client.base_url), ANN) as ann:
        answer = asked(ann, QUESTION)
        narrowed(services)
        trace = traced(ann, answer["trace_id"])
    assert (SECRET in trace["text"], trace["withheld"]) == (True, [])


def test_what_is_deleted_is_erased(client: httpx.Client, services: Services) -> None:
    session = client.post("/sessions", json={}).json()["id"]
    answer = asked(client, QUESTION, session=session)
    for rating in ("up", "down"):
        client.post("/feedback", json={"trace_id": answer["trace_id"], "rating": rating}).raise_for_status()
    assert stored(services, session).count(SECRET) > 5
    again(services, answer)
    now = asked(client, QUESTION, session=session)["trace_id"]
    services.forget()
    kept = stored(services, session)
    assert (SECRET in kept, "Pay of the director" in kept, "not told" in kept) == (False, False, True)
    assert traced(client, answer["trace_id"])["withheld"] == [document_of(answer)]
    assert traced(client, now)["withheld"] == []
    assert client.get(f"/sessions/{session}").json()["turns"][0]["withheld"] == [document_of(answer)]


def test_erasing_can_be_broken_off_and_goes_on(client: httpx.Client, services: Services) -> None:
    session = client.post("/sessions", json={}).json()["id"]
    gone(services, asked(client, QUESTION, session=session))
    services.recorder.settle()
    services.forget(stopped=lambda: True)
    assert SECRET in stored(services, session)
    services.forget()
    assert SECRET not in stored(services, session)


def test_old_traces_are_searched_once(
    client: httpx.Client, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone(services, asked(client, QUESTION))
    services.recorder.settle()
    read: list[datetime] = []
    pages = Journal.pages

    def noted(journal: Journal, since: datetime, until: datetime) -> Iterator[list[Entry]]:
        read.append(since)
        return pages(journal, since, until)

    monkeypatch.setattr(Journal, "pages", noted)
    for _ in range(2):
        services.forget()
    assert [datetime.now(UTC) - since > timedelta(hours=2) for since in read] == [True, True, False, False]


def stored(services: Services, session: str) -> str:
    services.recorder.settle()
    now = datetime.now(UTC)
    journals = (services.journals.traces, services.journals.feedback)
    entries = [entry.body for journal in journals for page in journal.pages(now - DAY, now + DAY) for entry in page]
    return "\n".join([*entries, *(repr(one) for one in services.sessions.exchanges(session))])


def test_a_deletion_is_remembered_until_no_answer_from_before_can_come(services: Services) -> None:
    page = services.catalog.page("default", "acme")
    pay = next(entry.id for entry in page if entry.source == "upload:pay.md")
    operations.delete(services, pay, EVERYONE)
    services.forget()
    assert list(services.catalog.deletions.to_erase().deleted) == [pay]
    for later in (timedelta(hours=2), timedelta(days=2)):
        erase(services.catalog, services.journals, services.sessions, datetime.now(UTC) + later)
        assert services.catalog.deletions.to_erase().deleted == {}


def test_of_a_history_that_a_client_sends_the_questions_are_kept(client: httpx.Client) -> None:
    history = [{"role": "user", "content": "What is the pay?"}, {"role": "assistant", "content": SECRET}]
    trace = traced(client, asked(client, "And of the deputy?", history=history)["trace_id"])
    assert trace["asked"]["history"] == history[:1]


def test_feedback_of_an_older_version_says_nothing_of_unknown_origin(services: Services, client: httpx.Client) -> None:
    answer = asked(client, QUESTION)
    for rating in ("up", "down"):
        body = {"trace_id": answer["trace_id"], "rating": rating}
        client.post("/feedback", json=body).raise_for_status()
    (down, up), _ = services.journals.feedback.page(reader_of("acme", ()), 2)
    for entry, before in ((up, True), (down, False)):
        old = FeedbackOut.model_validate_json(entry.body).model_dump(exclude=NEW)
        said = KeptFeedback.model_validate(old)
        assert (SECRET in feedback_without(said, frozenset(), "acme").answer) is before
        assert SECRET not in feedback_without(said, {document_of(answer)}, "acme").model_dump_json()


def older(services: Services) -> None:
    """As if an older version had kept the feedback that there is."""
    found, _ = services.journals.feedback.page(reader_of("acme", ()), 9)
    bodies = [FeedbackOut.model_validate_json(one.body).model_dump_json(exclude=NEW) for one in found]
    services.journals.feedback.rewrite([replace(one, body=body) for one, body in zip(found, bodies, strict=True)])


def test_what_feedback_of_an_older_version_is_drawn_from_its_trace_tells(
    services: Services, client: httpx.Client
) -> None:
    answer = asked(client, QUESTION)
    client.post("/feedback", json={"trace_id": answer["trace_id"], "rating": "down"}).raise_for_status()
    older(services)
    assert told(client) == (answer["text"], False)
    services.journals.traces.discard([answer["trace_id"]])
    assert told(client) == ("", True)
    gone(services, asked(client, "When is the office open?"))
    services.forget()
    (kept,), _ = services.journals.feedback.page(reader_of("acme", ()), 9)
    assert (SECRET in kept.body, told(client)) == (False, ("", True))


def test_feedback_of_an_older_version_is_erased(services: Services, client: httpx.Client) -> None:
    answer = asked(client, QUESTION)
    client.post("/feedback", json={"trace_id": answer["trace_id"], "rating": "down"}).raise_for_status()
    older(services)
    gone(services, answer)
    assert told(client) == ("", False)
    services.forget()
    assert SECRET not in stored(services, "none")


def told(client: httpx.Client) -> tuple[str, bool]:
    (said,) = client.get("/feedback").json()["feedback"]
    return said["answer"], said["origin_unknown"]


def test_what_another_version_wrote_is_listed_and_goes_with_its_documents(
    services: Services, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    traces, reader = services.journals.traces, reader_of("acme", ())
    answers = [asked(client, QUESTION), asked(client, "When is the office open?", top_k=1)]
    services.recorder.settle()
    assert document_of(answers[1]) != document_of(answers[0])
    entries = [traces.get(one["trace_id"], reader) for one in answers]
    traces.rewrite([replace(one, body=one.body.replace('"asked":{', '"asked":{"depth":3,')) for one in entries])
    assert {one["id"] for one in client.get("/traces").json()["traces"]} == {one["trace_id"] for one in answers}
    gone(services, answers[0])
    services.forget()
    assert SECRET not in stored(services, "none")
    assert [one["id"] for one in client.get("/traces").json()["traces"]] == [answers[1]["trace_id"]]
    assert f"{answers[0]['trace_id']} by another version of Citewell is deleted" in caplog.text
