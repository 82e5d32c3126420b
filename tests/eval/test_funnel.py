"""Evidence that one stage of the pipeline loses is reported as lost there."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.datasets.questions import Evidence
from eval.experiment.funnel import Funnel
from eval.experiment.outcomes import Lost
from eval.experiment.scoring import missed, score
from eval.experiment.sets import Case
from generation.types import Prompt
from ingest.catalog import Catalog
from ingest.errors import UnavailableError
from retrieval.store.edge import EdgeStore
from tests.eval.library import library

QUOTE = "Staff get thirty days."
OTHER = "How many days of leave do staff get is often asked."
FILLING = tuple(f"Staff get {number} days. " for number in range(60))


def case(name: str = "q", **more: Any) -> Case:
    given: dict[str, Any] = {"evidence": (Evidence("leave.md", QUOTE),), **more}
    return Case(name, "How many days of leave do staff get?", **given)


def settings(**more: Any) -> dict[str, Any]:
    return {"retrieval": {"mode": "bm25"}, **more}


NARROW = {"retrieval": {"mode": "bm25", "candidates": 1, "top_k": 1}, "answers": {"passages": 1}}
ONE_PASSAGE = settings(answers={"passages": 1})
UNGUARDED = settings(answers={"min_confidence": 0.0, "max_sentences": 1})
GUARDED = settings(answers={"min_confidence": 1.0})


def test_nothing_is_lost_of_a_question_that_is_answered(tmp_path: Path) -> None:
    with library(tmp_path, UNGUARDED) as shelf:
        shelf.put("leave.md", QUOTE)
        (asked,) = shelf.ask(case())
        assert not missed(asked)


@pytest.mark.parametrize(
    ("stage", "changes", "documents"),
    [
        pytest.param(Lost.INDEX, settings(), {"other.md": (QUOTE,)}, id="no such document"),
        pytest.param(Lost.INDEX, settings(), {"leave.md": ("Staff get leave.",)}, id="not read from the file"),
        pytest.param(Lost.CHUNKING, GUARDED, {"leave.md": ("Staff get ", "thirty days.")}, id="cut in two"),
        pytest.param(Lost.CANDIDATES, NARROW, {"leave.md": (QUOTE,), "other.md": (OTHER,)}, id="one candidate"),
        pytest.param(Lost.FUSION, ONE_PASSAGE, {"leave.md": (QUOTE,), "other.md": (OTHER,)}, id="one hit"),
        pytest.param(Lost.CONTEXT, settings(), {"leave.md": ("".join(FILLING) + QUOTE,)}, id="too many sentences"),
        pytest.param(Lost.UNUSED, UNGUARDED, {"leave.md": (f"{OTHER} {QUOTE}",)}, id="another sentence is quoted"),
        pytest.param(Lost.REFUSED, GUARDED, {"leave.md": (QUOTE,)}, id="refused"),
    ],
)
def test_the_stage_that_lost_it(
    tmp_path: Path, stage: Lost, changes: dict[str, Any], documents: dict[str, tuple[str, ...]]
) -> None:
    with library(tmp_path, changes) as shelf:
        for name, pieces in documents.items():
            shelf.put(name, *pieces)
        (asked,) = shelf.ask(case())
        assert missed(asked)
        assert Funnel(shelf.services, shelf.collection).where_lost(asked) is stage


def test_evidence_in_a_version_that_made_way_is_told_so(tmp_path: Path) -> None:
    with library(tmp_path, ONE_PASSAGE) as shelf:
        shelf.put("leave.md", QUOTE, valid_from="2023-01-01", version_of="leave")
        shelf.put("new.md", "Staff get forty days.", valid_from="2025-01-01", version_of="leave")
        asked = shelf.ask(case(), case(evidence=(Evidence("new.md", "Staff get forty days."),)))
        funnel = Funnel(shelf.services, shelf.collection)
        assert funnel.where_lost(asked[0]) is Lost.VERSION
        assert funnel.where_lost(asked[1]) is not Lost.VERSION


def test_evidence_that_joined_passages_hold_is_not_lost_by_chunking(tmp_path: Path) -> None:
    changes = {**GUARDED, "retrieval": {"mode": "bm25", "neighbours": 1}}
    with library(tmp_path, changes) as shelf:
        shelf.put("leave.md", "Staff get ", "thirty days.")
        (asked,) = shelf.ask(case())
        assert Funnel(shelf.services, shelf.collection).where_lost(asked) is Lost.REFUSED


def test_a_hit_that_was_not_packed_was_dropped_from_the_context(tmp_path: Path) -> None:
    with library(tmp_path, GUARDED) as shelf:
        shelf.put("leave.md", QUOTE)
        shelf.put("other.md", OTHER)
        (asked,) = shelf.ask(case())
        assert {hit.chunk.source for hit in asked.hits} == {"leave.md", "other.md"}  # those of a refusal
        funnel = Funnel(shelf.services, shelf.collection)
        assert funnel.where_lost(asked) in (Lost.REFUSED, Lost.UNUSED)
        assert asked.unguarded and asked.unguarded.provenance and asked.unguarded.provenance.prompt
        provenance = asked.unguarded.provenance
        read = tuple(hit for hit in asked.unguarded.hits if hit.chunk.source == "other.md")
        provenance = replace(provenance, prompt=Prompt(asked.query.text, read, ()))
        dropped = replace(asked, unguarded=replace(asked.unguarded, provenance=provenance))
        assert funnel.where_lost(dropped) is Lost.CONTEXT


def test_a_model_that_fails_meanwhile_costs_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with library(tmp_path, {"retrieval": {"mode": "hybrid", "candidates": 1, "top_k": 1}}) as shelf:
        shelf.put("leave.md", "Holiday.")
        shelf.put("other.md", OTHER)
        asked = shelf.ask(case(evidence=(Evidence("leave.md", "Holiday."),)))
        funnel = Funnel(shelf.services, shelf.collection)

        def down(text: str) -> Any:
            raise UnavailableError("The embedding server does not answer.")

        monkeypatch.setattr(shelf.services.embedder, "embed_query", down)
        assert [one.lost for one in score(asked, None, lambda key: "", funnel.where_lost)] == [Lost.UNKNOWN]


def test_the_same_words_in_another_document_are_not_the_evidence(tmp_path: Path) -> None:
    with library(tmp_path, settings()) as shelf:
        shelf.put("leave.md", "".join(FILLING) + QUOTE)
        shelf.put("old.md", f"{QUOTE} How many days of leave do staff get?")
        (asked,) = shelf.ask(case())
        assert asked.hits[0].chunk.source == "old.md"  # so that it is read before the sentences of the other one
        assert Funnel(shelf.services, shelf.collection).where_lost(asked) is Lost.CONTEXT


@pytest.mark.parametrize("mode", ["dense", "bm25", "hybrid"])
def test_graded_documents_are_followed_in_every_mode(tmp_path: Path, mode: str) -> None:
    changes = {"retrieval": {"mode": mode, "candidates": 2, "top_k": 1}}
    with library(tmp_path, changes) as shelf:
        shelf.put("a", OTHER)
        shelf.put("b", "Staff get leave of some days.")
        asked = shelf.ask(*(case(name, evidence=(), grades={name: 1, "d": 0}) for name in ("a", "b", "c")))
        funnel = Funnel(shelf.services, shelf.collection)
        assert [missed(one) for one in asked] == [False, True, True]
        assert [funnel.where_lost(one) for one in asked[1:]] == [Lost.FUSION, Lost.INDEX]
        found = score(asked, None, lambda key: "", funnel.where_lost)
        assert [one.gold for one in found] == [("a",), ("b",), ("c",)]  # the report shows them


def test_a_document_is_read_once_and_without_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with library(tmp_path, settings()) as shelf:
        shelf.put("leave.md", "Staff get ", "thirty days.")
        asked = shelf.ask(case("q1"), case("q2"))
        read: list[str] = []
        for name in ("page", "sections"):
            counted(monkeypatch, name, read)
        monkeypatch.setattr(EdgeStore, "dense", None)
        funnel = Funnel(shelf.services, shelf.collection)
        assert [funnel.where_lost(one) for one in asked] == [Lost.CHUNKING, Lost.CHUNKING]
        assert sorted(read) == ["page", "sections"]


def counted(monkeypatch: pytest.MonkeyPatch, name: str, calls: list[str]) -> None:
    honest = getattr(Catalog, name)

    def called(self: Catalog, *arguments: Any) -> Any:
        calls.append(name)
        return honest(self, *arguments)

    monkeypatch.setattr(Catalog, name, called)
