"""Sentences of answers against passages."""

import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from generation.citations import Statement
from generation.types import Verdict
from generation.verification.units import Unit
from generation.verification.verifier import THRESHOLDS, PassageVerifier
from ingest.sentences import sentence_spans
from retrieval.store.bm25 import Bm25Encoder
from tests.generation.passages import hit, hits

TERMS = Bm25Encoder().terms
RULES = (
    "Agents may grant goodwill credit up to €20, shift leads up to €75 and the complaints desk up to €300. "
    "Every complaint gets a number. Callers who threaten an agent are not served again. "
    "Swigert had replaced Mattingly on 8 April 1970. Written complaints are answered within ten working days."
)
TABLE = """Rates are paid without receipts.

| City | Daily allowance | Hotel limit (GBP) | Car |
|---|---|---|---|
| London | GBP 52 | 200 | no |
| Paris | GBP 46 | 180 | yes |
| Berlin | GBP 41 | 150 | yes |
"""


def judge(sentence: str, passage: str = RULES, question: str = "") -> Verdict:
    return PassageVerifier(TERMS, THRESHOLDS).verify(Statement(sentence, (1,)), [hit(passage)], question)


@pytest.mark.parametrize(
    "sentence",
    [
        "Every complaint gets a number.",
        "Shift leads may grant up to €75.",
        "The complaints desk can grant up to 300 euros.",
        "Callers who threaten an agent will no longer be served.",
        "On 8 April 1970, Mattingly was replaced by Swigert.",
        "Complaints in writing are answered within 10 working days.",
        "Yes, every complaint gets a number. Written complaints are answered within ten days.",
    ],
)
def test_what_the_passage_says(sentence: str) -> None:
    assert judge(sentence).reason == ""


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Shift leads may grant up to €65.", "The number €65"),
        ("Shift leads may grant up to €300.", "€75, not €300"),
        ("Agents may grant goodwill credit of up to €75.", "€20, not €75"),
        ("Shift leads may grant up to $75.", "The number $75"),
        ("Shift leads may grant at least €75.", "at least"),
        ("Callers who threaten an agent are served again.", "negation"),
        ("Every complaint gets no number.", "negates"),
        ("Mattingly had replaced Swigert on 8 April 1970.", "changed places"),
        ("Haise had replaced Mattingly on 8 April 1970.", "Haise"),
        ("Swigert had replaced Mattingly on 9 April 1970.", "9 April 1970"),
        ("Swigert had replaced Mattingly on 8 April 1971.", "8 April 1971"),
        ("Written complaints are answered within ten weeks.", "ten"),
        ("Pensioners eat in the garden.", "does not speak of"),
        ("Every complaint gets a number. Pensioners eat in the garden.", "does not speak of"),
    ],
)
def test_what_it_does_not_say(sentence: str, said: str) -> None:
    verdict = judge(sentence)
    assert not verdict.supported
    assert said in verdict.reason


@pytest.mark.parametrize(
    "sentence",
    ["The hotel limit in London is 200.", "In Paris, the daily allowance is GBP 46.", "There is no car in London."],
)
def test_a_row_says_it_under_its_header(sentence: str) -> None:
    assert judge(sentence, TABLE).reason == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "The hotel limit in London is 180.",
        "The hotel limit in Paris is 46.",
        "The daily allowance in Rome is GBP 46.",
        "The daily allowance in Paris is 46 euros.",
        "There is a car in London.",
        "There is no car in Paris.",
        "| London | GBP 46 | 200 | no |",
    ],
)
def test_a_row_says_nothing_of_other_rows_and_columns(sentence: str) -> None:
    assert not judge(sentence, TABLE).supported


def test_the_question_names_the_row() -> None:
    assert judge("The hotel limit is 150.", TABLE, "What is the hotel limit in Berlin?").supported
    assert not judge("The hotel limit is 150.", TABLE, "What is the hotel limit?").supported


@pytest.mark.parametrize(
    ("sentence", "supported"),
    [
        ("The hotline is 11.1.", False),
        ("Section 11.1 is about the hotline.", True),
        ("The hotline answers calls within 8 hours.", True),
        ("The hotline answers calls within 11 hours.", False),
        ("The hotline answers calls within 1 hour.", False),
    ],
)
def test_what_numbers_a_section_counts_nothing(sentence: str, supported: bool) -> None:
    passage = hit("Calls to the hotline are answered within 8 hours.", headings=("1. Service", "11.1 IT Hotline"))
    assert PassageVerifier(TERMS, THRESHOLDS).verify(Statement(sentence, (1,)), [passage], "").supported is supported


@pytest.mark.parametrize(
    ("sentence", "supported"),
    [
        ("Nobody has to pay for breakfast.", True),
        ("Ms Kroll is in on Mondays.", True),
        ("Kroll is in on Fridays.", False),
    ],
)
def test_words_that_are_no_names(sentence: str, supported: bool) -> None:
    assert judge(sentence, "No guest has to pay for breakfast. Anni Kroll is in on Mon and Wed.").supported is supported


def test_a_statement_without_a_valid_marker_is_unsupported() -> None:
    verifier = PassageVerifier(TERMS, THRESHOLDS)
    for markers in ((), (0,), (2,)):
        found = verifier.verify(Statement("Every complaint gets a number.", markers), [hit(RULES)], "")
        assert found == Verdict(False, "It cites no passage.", ())


def test_a_passage_that_is_not_cited_supports_nothing() -> None:
    found = hits("The office opens at nine.", "The office closes at six.")
    verifier = PassageVerifier(TERMS, THRESHOLDS)
    assert not verifier.verify(Statement("The office closes at 6.", (1,)), found, "").supported
    assert verifier.verify(Statement("The office closes at 6.", (1, 2)), found, "").supported


def test_grounds_point_at_what_it_rests_on() -> None:
    (ground,) = judge("Every complaint gets a number.").grounds
    assert RULES[ground.start : ground.end] == "Every complaint gets a number."
    assert (ground.marker, ground.support) == (1, 1.0)
    found = judge("Yes, callers who threaten an agent are not served again; shift leads may grant up to €75.").grounds
    assert [RULES[one.start : one.end].split()[0] for one in found] == ["Callers", "Agents"]


def test_an_answer_of_yes_alone_says_nothing() -> None:
    assert judge("Yes.").reason == "It says nothing that could be looked up."
    assert not judge("Every dog barks.", "").supported


def test_part_of_a_sentence_is_not_verbatim() -> None:
    passage = "You may not claim that the lift is safe."
    assert judge(passage, passage).supported
    assert not judge("You may claim that the lift is safe.", passage).supported


def test_an_item_is_verbatim_only_under_a_lead_that_denies() -> None:
    passage = "Allowed:\n- tea and coffee\n\nStaff may not:\n- share accounts with two colleagues\n- lend a badge. Ask."
    for sentence in ("- tea and coffee", "Staff may not share accounts with two colleagues.", "Staff may not:", "Ask."):
        (ground,) = judge(sentence, passage).grounds
        assert ground.support == 1.0, sentence
    assert "negation" in judge("- share accounts with two colleagues", passage).reason


class Forgetful(dict[tuple[int, str, str, str], list[Unit]]):
    """As another thread may empty it at any moment."""

    def __setitem__(self, key: tuple[int, str, str, str], value: list[Unit]) -> None:
        super().__setitem__(key, value)
        self.clear()


def test_units_that_another_thread_forgets_are_used_all_the_same() -> None:
    verifier = PassageVerifier(TERMS, THRESHOLDS)
    verifier._known = Forgetful()
    assert verifier.verify(Statement("Every complaint gets some number.", (1,)), [hit(RULES)], "").supported


class ScriptedEntailment:
    """Port `Entailment`: as sure of a statement as `known` says of the first of its words that is found there."""

    def __init__(self, **known: float) -> None:
        self._known = known
        self.premises: list[str] = []

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        self.premises += [premise for premise, _ in pairs]
        found = [next((sure for word, sure in self._known.items() if word in text), 0.2) for _, text in pairs]
        return np.asarray(found, np.float32)


@pytest.mark.parametrize(
    ("sentence", "alone", "judged"),
    [
        ("Tickets come with a complaint in 5 days.", "", ""),  # not sure of the opposite
        ("Tickets never get a complaint within 5 days.", "it negates", "it negates"),  # not asked
        ("Each complaint gets a ticket for swans in 5 days.", "", "seem to say so (0.02)"),
        ("Every gripe becomes a lawsuit in 5 days.", "not speak of", "not speak of"),  # 0.2 is too little here
        ("Every gripe becomes a voucher in 5 days.", "not speak of", ""),
        ("Every gripe becomes a voucher in 6 days.", "The number 6", "The number 6"),
    ],
)
def test_a_model_of_entailment_is_asked_once_what_is_literal_stands(sentence: str, alone: str, judged: str) -> None:
    passages = [hit("Each complaint gets a ticket within 5 days.", headings=("Service",))]
    model = ScriptedEntailment(swans=0.02, voucher=0.9)
    for entailment, expected in ((None, alone), (model, judged)):
        verdict = PassageVerifier(TERMS, THRESHOLDS, entailment).verify(Statement(sentence, (1,)), passages, "")
        assert expected in verdict.reason if expected else verdict.supported
    assert set(model.premises) <= {"Title 1\nEach complaint gets a ticket within 5 days."}


VOCABULARY = (
    "the lift garden pays not never only Anni Kroll office 14 3.5 9:30 up to €20 days before after must may two"
)
WORDS = st.sampled_from(VOCABULARY.split())
SENTENCES = st.lists(WORDS, min_size=3, max_size=10).map(lambda words: " ".join(words).capitalize() + ".")


@settings(deadline=None, max_examples=60)
@given(st.lists(SENTENCES, min_size=1, max_size=5))
def test_a_verbatim_sentence_is_always_supported(sentences: list[str]) -> None:
    passage = " ".join(sentences)
    for start, end in sentence_spans(passage):
        assert judge(passage[start:end], passage).supported


@settings(deadline=None, max_examples=60)
@given(st.integers(10_000, 99_999), st.integers(0, 4), st.sampled_from(["{}", "€{}", "{} days", "{} %", "{},5"]))
def test_a_number_that_is_not_in_the_passage_is_never_supported(number: int, place: int, form: str) -> None:
    start, end = sentence_spans(RULES)[place]
    sentence = RULES[start:end]
    found = re.search(r"\d+|\bten\b", sentence)
    wrong = form.format(number)
    changed = sentence[: found.start()] + wrong + sentence[found.end() :] if found else f"{sentence[:-1]} in {wrong}."
    assert not judge(changed).supported


def test_a_title_bears_nothing_by_itself() -> None:
    titled = hit("They are answered within ten days.", headings=("Complaints about noisy neighbours",))
    verifier = PassageVerifier(TERMS, THRESHOLDS)
    verdict = verifier.verify(Statement("There are complaints about noisy neighbours.", (1,)), [titled], "")
    assert (verdict.supported, verdict.reason) == (False, "Little more than a title says so.")
    about = Statement("Complaints about noisy neighbours are answered within ten days.", (1,))
    assert verifier.verify(about, [titled], "").supported
