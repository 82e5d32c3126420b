"""The benchmark of verification: its data, its planted errors, its table."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eval.bench import verification_data
from eval.bench.verification import Counts, main, measure, planted
from eval.bench.verification_data import Row, hit_of, load_rows
from eval.bench.verification_errors import RULES
from eval.bench.verification_generated import Generated, Judged, serve
from eval.training.passages import Passage
from generation.citations import Statement
from generation.streaming import Draft
from generation.types import Evidence, Verdict
from ingest.errors import InvalidError
from retrieval.types import Hit, Query

PASSAGE = Passage(
    "Staff rules",
    ("Travel",),
    "| City | Limit |",
    ("Trips end before 20:00.", "| London | 200 |", "| Paris | 180 |", "The head of travel, Anni Kroll, may not fly."),
    (),
)


class NoQuotes:
    """Port `EvidenceScorer`."""

    def weigh(self, query: Query, hits: Sequence[Hit]) -> Evidence:
        return Evidence((), 0.0)


NO_QUOTES = NoQuotes()


class Believer:
    """Port `Verifier` that supports what is in `true`."""

    def __init__(self, *true: str) -> None:
        self._true = true

    def verify(self, statement: Statement, hits: Sequence[Hit], question: str) -> Verdict:
        return Verdict(statement.text in self._true, "", ())


def row(sentence: str) -> Row:
    return Row(hit_of(PASSAGE), "travel.jsonl", "What?", sentence, "paraphrase")


def wrong(kind: str, sentence: str) -> str | None:
    return RULES[kind](row(sentence), [row(sentence)] * 20, random.Random(3))


def test_the_halves_share_no_passage_and_most_sentences_are_paraphrases() -> None:
    halves = {half: load_rows(half) for half in ("thresholds", "held-out")}  # those of "second" have their own passages
    titles = [{(one.file, one.hit.chunk.title) for one in rows} for rows in halves.values()]
    assert titles[0] & titles[1] == set()
    every = [*halves["thresholds"], *halves["held-out"]]
    assert len(every) >= 300
    assert sum(one.sentence not in one.hit.chunk.text for one in every) >= 200


def test_a_passage_becomes_a_chunk_with_its_table() -> None:
    chunk = hit_of(PASSAGE).chunk
    assert chunk.context == "Staff rules > Travel"
    assert "| City | Limit |\n|---|---|\n| London | 200 |\n| Paris | 180 |" in chunk.text


def test_errors_are_planted() -> None:
    assert wrong("number, of the passage", "In London the limit is 200.") == "In London the limit is 180."
    assert wrong("name, of the passage", "In London the limit is 200.") in (
        "In Paris the limit is 200.",
        "In Anni Kroll the limit is 200.",
    )
    assert wrong("negation", "Anni Kroll may not fly.") == "Anni Kroll may fly."
    assert wrong("negation", "Anni Kroll may swim.") == "Anni Kroll may not swim."
    assert wrong("opposite", "Trips end before 20:00.") in ("Trips end after 20:00.",)
    assert wrong("modality", "You may swim.") == "You must swim."
    new = wrong("number, new", "Trips end before 20:00.")
    assert new is not None
    assert "20:00" not in new
    assert new.startswith("Trips end before ")


@pytest.mark.parametrize("kind", ["number, new", "name, of the passage", "negation", "opposite", "modality"])
def test_a_sentence_without_what_an_error_needs_is_skipped(kind: str) -> None:
    assert wrong(kind, "Dogs bark loudly.") is None


def test_sentences_that_are_wrong_by_hand_are_counted_apart() -> None:
    rows = load_rows("second")
    assert len(rows) >= 300
    assert {row.kind for row in rows if row.wrong} == {
        f"wrong {kind}" for kind in ("number", "name", "role", "negation", "opposite", "modality", "invented")
    }
    right, bad = row("Trips end before 20:00."), replace(row("Trips end."), kind="wrong opposite")
    found = measure(Believer(right.sentence), [right, bad], seed=1)
    assert (found["correct"], found["wrong opposite"], found["wrong"]) == (Counts(0, 1), Counts(1, 1), Counts(1, 1))


def test_what_is_served_of_generated_answers() -> None:
    hits = (hit_of(PASSAGE),)
    written = {"Trips end before 20:00.": True, "Trips end.": False, "Anni Kroll may not fly.": True}
    drafts = tuple(Judged(Draft(Statement(text, (1,)), " "), borne) for text, borne in written.items())
    served = serve(Believer("Trips end before 20:00.", "Trips end."), NO_QUOTES, [Generated("When?", hits, drafts)])
    assert (served.answers, served.silent, served.written, served.borne) == (1, 0, 3, 2)
    assert (served.served, served.unsupported) == (2, 1)


def test_measure_counts_what_is_removed() -> None:
    rows = [row("Trips end before 20:00."), row("In London the limit is 200.")]
    found = measure(Believer(rows[0].sentence), rows, seed=1)
    assert found["correct"] == Counts(1, 2)
    assert found["number, new"] == Counts(2, 2)
    assert found["other sentence"].removed == 1  # the sentence of the other row is the one that is believed
    assert found["negation"].tried + found["negation"].skipped == 2
    assert planted("number, new", rows, 1) == planted("number, new", rows, 1)


def test_wilson_interval() -> None:
    low, high = Counts(1, 10).interval
    assert (round(low, 4), round(high, 4)) == (0.0179, 0.4042)  # Brown, Cai and DasGupta (2001), by their formula
    assert Counts(0, 0).interval == (0.0, 1.0)


def test_a_row_that_names_no_passage_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = '{"file": "hr.jsonl", "title": "Nowhere", "question": "?", "sentence": ".", "kind": "edited"}'
    (tmp_path / "held-out.jsonl").write_text(line)
    monkeypatch.setattr(verification_data, "SAMPLES", tmp_path)
    with pytest.raises(InvalidError, match=r"there is no passage 'Nowhere' in hr\.jsonl"):
        load_rows("held-out")


@pytest.mark.slow
def test_most_errors_are_caught(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--half", "thresholds"]) == 0
    assert "name, of another passage" in capsys.readouterr().out
