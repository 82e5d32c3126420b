"""Sources that contradict each other, over REST, in a stream and on the command line."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api import console
from api.app import create_app
from api.bootstrap import Services
from api.schemas_answers import AnswerOut
from tests.api.conftest import settings_for
from tests.api.test_streams import events
from tests.fakes import HashEmbedder

QUESTION = "What may a hotel cost a night?"
OLD = "# Welcome booklet\n\nUpdated on 30 June 2021.\n\nA hotel may cost up to 120 euros a night.\n"
NEW = "# Travel policy\n\nIn force from 1 February 2025.\n\nA hotel may cost up to 140 euros a night.\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    chosen = {"cross_encoder": False, "min_confidence": 0}
    settings = settings_for(tmp_path_factory.mktemp("conflicts") / "data", answers=chosen)
    with Services(settings, embedder=HashEmbedder(256)) as services, TestClient(create_app(services)) as opened:
        for name, text in (("booklet.md", OLD), ("travel.md", NEW)):
            assert opened.post("/v1/documents", files={"file": (name, text.encode())}).status_code == 201
        yield opened


def test_both_values_are_given_with_their_dates(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    reply = client.post("/v1/answers", json={"query": QUESTION}).json()
    (conflict,) = reply["conflicts"]
    told = {one["value"]: (one["title"], one["valid_from"], one["dated"]) for one in conflict["statements"]}
    assert told == {
        "140 euros": ("Travel policy", "2025-02-01", None),
        "120 euros": ("Welcome booklet", None, "2021-06-30"),
    }
    assert "The sources differ:" in reply["text"]
    assert {one["quote"] for one in conflict["statements"]} <= {one["quote"] for one in reply["citations"]}
    console.show_answer(AnswerOut.model_validate(reply))
    shown = " ".join(capsys.readouterr().out.split())
    assert "(Travel policy, in force from 2025-02-01)" in shown
    assert "(Welcome booklet, of 2021-06-30)" in shown


def test_a_stream_says_so_before_it_ends(client: TestClient) -> None:
    found = events(client.post("/v1/answers", json={"query": QUESTION, "stream": True}).text)
    name, answer = found[-1]
    assert name == "answer"
    assert "".join(data["text"] for kind, data in found if kind == "token") == answer["text"]
    assert len(answer["conflicts"]) == 1
    cited = [data["quote"] for kind, data in found if kind == "citation"]
    assert cited == [one["quote"] for one in answer["citations"]]


def test_a_question_about_something_else_has_no_conflict(client: TestClient) -> None:
    reply = client.post("/v1/answers", json={"query": "When was the booklet updated?", "top_k": 1}).json()
    assert reply["conflicts"] == []
    assert "differ" not in reply["text"]
