"""What is done with a question before the search, each wrapper for itself and on a real index."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.acronyms import acronyms
from ingest.pipeline import Label
from retrieval.queries.acronyms import AcronymSearcher, spelled_out
from retrieval.queries.exact import ExactSearcher, exact
from retrieval.queries.feedback import FeedbackOptions, FeedbackSearcher
from retrieval.queries.parts import PartsSearcher, parts
from retrieval.queries.spelling import SpellingSearcher, corrected
from retrieval.types import Hit, Mode, Query
from tests.ingest.workshop import Workshop, write
from tests.retrieval.shelves import Row, hit, query, texts


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    with Workshop(tmp_path / "shop") as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('What does "thirty days notice" mean?', ["thirty days notice"]),
        ("“two words” and «three words here»", ["two words", "three words here"]),
        ("Was heißt „Tag der offenen Tür“ genau?", ["Tag der offenen Tür"]),
        ('„zwei Wörter” und „drei" Wörter', ["zwei Wörter", "drei"]),
        ("»Reise« und »Spesen« Regeln", ["Reise", "Spesen"]),
        ('19" rack or 24" monitor', []),
        ('a 19" "deep rack"', ["deep rack"]),
        ("fix (INC-2291)? [INC-7] 'P4-60'", ["INC-2291", "INC-7", "P4-60"]),
        ("severity of INC-2291?", ["INC-2291"]),
        ("valgrind --num-callers", ["--num-callers"]),
        ("host 10.4.0.12, release v3.9 of snake_case", ["10.4.0.12", "v3.9", "snake_case"]),
        ("full-time employees in 2025 at 9:30 for 1.5 hours on the 3rd 24-hour shift of the 1990s", []),
        ('"" "x"', []),
        ("INC\u20112291 and P4\u221260", ["INC-2291", "P4-60"]),
        ("part 4711-0815, not 030-12 of 2024-2025", ["4711-0815"]),
        ("write to max.muster@acme.com, please", ["max.muster@acme.com"]),
        ("what §12a says", ["12a"]),
        ("‘rush fee’ and ‚freie Tage‘ of the firm’s", ["rush fee", "freie Tage"]),
        ("‘I don’t know’", []),
        ("give 500mg", ["500mg"]),
        ("#INC-2291 or ticket=INC-2292", ["INC-2291", "INC-2292"]),
        ("", []),
    ],
)
def test_what_a_question_says_exactly(text: str, expected: list[str]) -> None:
    assert exact(text) == expected


def test_hits_that_hold_it_exactly_come_first() -> None:
    row = Row([hit("price of P4-600", 1.0), hit("the p4-6  price", 0.8), hit("P4-60 and P46", 0.7), hit("none", 0.6)])
    found = ExactSearcher(row).search(query("price of P4-6"))
    assert texts(found)[0] == "the p4-6  price"
    assert (found[0].origin["exact"], found[0].score) == (1.0, 1.5)
    assert texts(found)[1:] == ["price of P4-600", "P4-60 and P46", "none"]
    phrase = ExactSearcher(row).search(query('"P4-60 AND p46"'))
    assert texts(phrase)[0] == "P4-60 and P46"


@pytest.mark.parametrize(
    ("asked", "text", "held"),
    [
        ("P4-60", "the P4\u201160 pump", True),
        ("P4\u201060", "the P4-60 pump", True),
        ("v3.9", "since v3.9.", True),
        ("v3.9", "since v3.9.1", False),
        ("3.9a", "see 1.3.9a", False),
        ("500mg", "take 500 mg daily", True),
        ("500mg", "take 500 mgs", False),
        ("500mg", "take 1,500 mg daily", False),
        ("500mg", "take 1’500mg daily", False),
        ("500mg", "take 1 500 mg daily", False),
        ("5V", "at 1,5 V", False),
        ("5V", "at 12, 5 V", True),
        ("50mg", "take 2 50mg pills", True),
        ("10.0.0.2", "10.0.0.1,10.0.0.2", True),
        ("it@acme.com", "write to it@acme.com.", True),
        ("it@acme.com", "write to support-it@acme.com", False),
        ("it@acme.com", "write to it@acme.com.au", False),
        ("it@acme.com", "write to -it@acme.com", True),
        ("§12a", "as § 12a says", True),
        ("12a", "the 12 apostles", False),
    ],
)
def test_what_holds_an_identifier(asked: str, text: str, held: bool) -> None:
    (found,) = ExactSearcher(Row([hit(text, 1.0)])).search(query(asked))
    assert (found.origin["exact"] == 1.0) is held


def test_without_anything_exact_the_search_is_left_alone() -> None:
    row = Row([hit("a", 1.0)])
    assert ExactSearcher(row).search(query("price", 3)) == list(row.hits)
    assert row.asked == [3]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How long is parental leave, and who approves it?", ["How long is parental leave", "who approves it?"]),
        ("What is the limit? And where do receipts go?", ["What is the limit?", "And where do receipts go?"]),
        ("What is due; when is it due", ["What is due", "when is it due"]),
        ("Who approves leave and travel?", ["Who approves leave and travel?"]),
        ("Wie lange dauert Elternzeit und wer genehmigt sie?", ["Wie lange dauert Elternzeit", "wer genehmigt sie?"]),
        ("Wo gilt das, und ab wann gilt es?", ["Wo gilt das", "ab wann gilt es?"]),
        ("Was ist zu tun? Gibt es Fristen?", ["Was ist zu tun?", "Gibt es Fristen?"]),
        ("Was kostet die Reise sowie das Hotel?", ["Was kostet die Reise sowie das Hotel?"]),
        ("Wer prüft den Antrag und muss ihn bezahlen?", ["Wer prüft den Antrag und muss ihn bezahlen?"]),
        ("Who was ill and was absent for days?", ["Who was ill and was absent for days?"]),
        ("How many days and how much?", ["How many days and how much?"]),
        ("I lost it. What now?", ["I lost it. What now?"]),
        ("", [""]),
    ],
)
def test_parts_of_a_question(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


QUESTIONS = st.lists(
    st.sampled_from(["What is due", "who pays", "wann gilt es", "How long is it", "?", " and ", ", ", "; ", "\n", "  "])
).map("".join)


@example("What  is due? When is it due?")
@given(QUESTIONS)
def test_parts_are_pieces_of_the_question(text: str) -> None:
    words = " ".join(text.split())
    assert all(part in text or part in words for part in parts(text))
    assert 1 <= len(parts(text)) <= 4


def test_the_parts_take_turns() -> None:
    class Split(Row):
        def search(self, query: Query) -> list[Hit]:
            first = [hit("leave 1", 3), hit("leave 2", 2), hit("leave 3", 1)]
            second = [hit("boss 1", 30), hit("boss 2", 20)]
            self.queries.append(query)
            return {"How long is leave": first, "who is the boss?": second}.get(query.text, [hit("both", 5)])

    row = Split([])
    found = PartsSearcher(row).search(query("How long is leave and who is the boss?", 4))
    assert texts(found) == ["leave 1", "boss 1", "both", "leave 2"]
    assert [one.score for one in found] == [1.0, 1 / 2, 1 / 3, 1 / 4]
    assert len(row.queries) == 3


def test_a_misspelt_word_is_found_in_what_the_rest_finds(workshop: Workshop) -> None:
    files = {
        "a.txt": "Parental leave is thirty days.",
        "b.txt": "The leave office opens at nine.",
        "c.txt": "Pension plan.",
    }
    workshop.run(write(workshop.folder / "docs", files))
    searcher = SpellingSearcher(workshop.searcher, workshop.store)
    found = searcher.search(Query("parentel leave", "default", "acme", mode="bm25", top_k=1))
    assert texts(found) == ["Parental leave is thirty days."]
    row = Row([hit("Parental leave", 1.0)])
    SpellingSearcher(row, workshop.store).search(Query("parentel leave", "default", "acme"))
    assert [one.text for one in row.queries] == ["parentel leave", "parental leave"]


def test_known_words_are_left_alone_in_any_form(workshop: Workshop) -> None:
    workshop.run(write(workshop.folder / "docs", {"a.txt": "Parental leaves are thirty days."}))
    row = Row([hit("Parental leave", 1.0)])
    for text in ("parental leaving day", "xyzzyq leave", "42 of the"):
        SpellingSearcher(row, workshop.store).search(Query(text, "default", "acme"))
    assert {one.text for one in row.queries} == {"parental leaving day", "xyzzyq leave", "42 of the"}


def test_nobody_is_led_to_words_that_they_may_not_read(workshop: Workshop) -> None:
    workshop.run(write(workshop.folder / "open", {"a.txt": "The plan for leave."}))
    workshop.run(write(workshop.folder / "hr", {"b.txt": "The project Nightingale."}), Label("acme", ("hr",)))
    searcher = SpellingSearcher(workshop.searcher, workshop.store)
    for groups in ((), ("hr",)):
        found = searcher.search(Query("plan Nightingole project", "default", "acme", groups, mode="bm25"))
        assert ("The project Nightingale." in texts(found)) is bool(groups)


@pytest.mark.parametrize(
    ("unknown", "known", "expected"),
    [
        ("parentel", "parental parental parented", "parental"),
        ("recieve", "receive", "receive"),  # a transposition is one mistake
        ("managment", "management", "management"),
        ("lexve", "leave", "leave"),
        ("lxxve", "leave", "lxxve"),  # two mistakes in a short word could be anything
        ("authorizaton", "authorisation", "authorisation"),
        ("Hauptstrase", "Hauptstraße", "hauptstraße"),
        ("Haupstrasse", "Hauptstraße", "hauptstraße"),
        ("STRASE", "Straße straße STRASSE", "straße"),
    ],
)
def test_the_nearest_word(unknown: str, known: str, expected: str) -> None:
    assert corrected(f"The {unknown} rule", [unknown], [known]) == f"The {expected} rule"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Chief Information Security Officer (CISO) decides.", {("CISO", "Chief Information Security Officer")}),
        ("Ask the CISO (Chief Information Security Officer).", {("CISO", "Chief Information Security Officer")}),
        ("Our service level agreements (SLAs) hold.", {("SLAs", "service level agreements")}),
        ("The Health & Safety (H&S) manager", {("H&S", "Health & Safety")}),
        ("See the appendix (PDF) and the plan (Gold).", set()),
        (
            "all of the many words that stand before a Virtual Private Network (VPN)",
            {("VPN", "Virtual Private Network")},
        ),
        ("", set()),
    ],
)
def test_acronyms_that_a_document_explains(text: str, expected: set[tuple[str, str]]) -> None:
    assert set(acronyms(text)) == expected


@given(
    st.lists(st.sampled_from(["Aa Bb Cc", "Any Better Case", " (", "ABC", "ABCs", "AB", ")", " ", ".", "&"])).map(
        "".join
    )
)
def test_any_text_can_be_looked_through_for_acronyms(text: str) -> None:
    for short, long in acronyms(text):
        assert short in text
        assert long in text


def test_an_acronym_is_spelled_out_once() -> None:
    known: Mapping[str, tuple[str, ...]] = {
        "CISO": ("Chief Officer",),
        "VPN": ("Virtual Network", "Very Nice", "Third"),
    }
    assert spelled_out("Who is the CISO?", known) == "Who is the CISO (Chief Officer)?"
    assert spelled_out("CISO, chief officer", known) == "CISO, chief officer"
    assert spelled_out("a VPN", known) == "a VPN (Virtual Network, Very Nice)"
    assert spelled_out("the IT team", known) == "the IT team"
    assert spelled_out('"CISO report" of the CISO', known) == '"CISO report" of the CISO (Chief Officer)'


def test_a_question_in_capitals_is_left_alone() -> None:
    class Catalog:
        def long_forms(self, *asked: object) -> Mapping[str, tuple[str, ...]]:
            return {"WHO": ("World Health Organization",), "VPN": ("Virtual Private Network",)}

    row = Row([])
    for text in ("WHO IS THE VPN ADMIN?", "VPN MTU", "the VPN"):
        AcronymSearcher(row, Catalog()).search(query(text))
    asked = [one.text for one in row.queries]
    assert asked == ["WHO IS THE VPN ADMIN?", "VPN (Virtual Private Network) MTU", "the VPN (Virtual Private Network)"]


def test_documents_explain_acronyms_to_their_readers_only(workshop: Workshop) -> None:
    workshop.run(write(workshop.folder / "open", {"a.txt": "The Virtual Private Network (VPN) is slow."}))
    workshop.run(write(workshop.folder / "hr", {"b.txt": "Very Private Notes (VPN) on pay."}), Label("acme", ("hr",)))
    row = Row([])
    searcher = AcronymSearcher(row, workshop.catalog)
    for groups in ((), ("hr",)):
        searcher.search(Query("VPN password", "default", "acme", groups))
    searcher.search(Query("VPN password", "default", "other"))
    searcher.search(Query("vpn password", "default", "acme"))
    assert [one.text for one in row.queries] == [
        "VPN (Virtual Private Network) password",
        "VPN (Very Private Notes, Virtual Private Network) password",
        "VPN password",
        "vpn password",
    ]


def test_acronyms_leave_with_their_document(workshop: Workshop) -> None:
    files = write(workshop.folder / "docs", {"a.txt": "The Virtual Private Network (VPN) is slow."})
    (result,) = workshop.run(files).values()

    def known() -> Iterable[str]:
        return workshop.catalog.long_forms("default", "acme", (), ["VPN"])

    assert set(known()) == {"VPN"}
    workshop.ingestor().remove([result.document_id])
    assert set(known()) == set()


@pytest.mark.parametrize("mode", ["dense", "bm25", "hybrid"])
def test_feedback_finds_what_the_best_hits_speak_of(workshop: Workshop, mode: Mode) -> None:
    files = {
        "a.txt": "holiday allowance entitlement",
        "b.txt": "holiday allowance days",
        "c.txt": "entitlement allowance rules",
        "d.txt": "printer toner",
    }
    workshop.run(write(workshop.folder / "docs", files))
    plain = workshop.searcher
    asked = Query("holiday", "default", "acme", mode=mode, top_k=3)
    found = FeedbackSearcher(plain, workshop.store, FeedbackOptions(hits=2)).search(asked)
    assert "entitlement allowance rules" in texts(found)
    if mode == "bm25":
        assert "entitlement allowance rules" not in texts(plain.search(asked))
    nothing = FeedbackSearcher(plain, workshop.store).search(Query("zebra", "default", "acme", mode="bm25"))
    assert nothing == []


def test_a_word_is_corrected_to_one_that_the_index_has(workshop: Workshop) -> None:
    workshop.run(write(workshop.folder / "docs", {"a.txt": "Die Hauptstraße ist gesperrt."}))
    row = Row([hit("Die Hauptstraße ist gesperrt", 1.0)])
    SpellingSearcher(row, workshop.store).search(Query("Hauptstrase gesperrt", "default", "acme"))
    assert [one.text for one in row.queries] == ["Hauptstrase gesperrt", "hauptstraße gesperrt"]
    known = workshop.store.terms("Hauptstraße")
    assert known <= workshop.store.terms(row.queries[-1].text)


def test_quoted_words_stay_as_they_are() -> None:
    assert corrected('the "parentel" parentel', ["parentel"], ["parental"]) == 'the "parentel" parental'


def test_long_runs_of_letters_take_no_time() -> None:
    assert acronyms("a" * 500_000 + " (ABC) " + "deadbeef" * 50_000) == {}
    assert parts("x" + " " * 9_000 + "y") == ["x" + " " * 9_000 + "y"]
    assert set(acronyms("gemäß Allgemeine Geschäfts Ordnung (AGO)")) == {("AGO", "Allgemeine Geschäfts Ordnung")}
