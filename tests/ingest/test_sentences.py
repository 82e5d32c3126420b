"""Where sentences, rows and tables of a text begin and end."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import ingest.sentences
from ingest.errors import UnavailableError
from ingest.sentences import holds_values, sentence_spans, sentences, tables


def split(text: str, *headings: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text, headings)]


@pytest.mark.parametrize(
    "expected",
    [
        ["It costs approx. 40 EUR.", "See Art. 5 and Sec. 3.2 of the policy.", "Then ask."],
        ["Ask Dr. Smith or Mr. Jones, e.g. about No. 5a.", "They know."],
        ["Copies of Rev. C are destroyed.", "Rev. D counts."],
        ["Acme Inc. Berlin pays.", "At Acme Ltd. all of it."],
        ["Nach Abs. 2 Nr. 3 BGB gilt das.", "Am 3. Mai beginnt es, z. B. Hotels ca. ab Mittag, d. h. alles.", "Ende."],
        [
            "Taxes (VAT etc.) are paid.",
            "(See Fig. 3.)",
            'He said "Stop!" and left.',
            "The answer is no.",
            "Managers pay.",
        ],
        ["We met at 5 p.m.", "The office was closed.", "It took 5 ms.", "This is ok.", "Managers know."],
    ],
    ids=["numbers", "titles", "revisions", "companies", "German", "brackets", "words"],
)
def test_an_abbreviation_ends_no_sentence(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


def test_an_abbreviation_at_the_end_of_a_line() -> None:
    assert split("Ask Dr.\nSmith about it.\nThe office is open.") == ["Ask Dr.\nSmith about it.", "The office is open."]


@pytest.mark.parametrize("item", ["1. First step", "2.3. Scope", "a) Gloves", "a. Gloves", "- 4. Gloves", "IV. Scope"])
def test_a_label_stays_with_its_item(item: str) -> None:
    assert split(f"{item} of it. Then go.\n\nEnd.") == [f"{item} of it.", "Then go.", "End."]


def test_marks_without_a_blank_before_them_belong_to_their_sentence() -> None:
    sentences = ["**Note.** The limit is 500 EUR.[1][2]", '"Is it?", you ask.', "See file.md (it says why.)here."]
    assert split(" ".join(sentences)) == ["**Note.**", sentences[0][10:], '"Is it?", you ask.', sentences[2]]


@pytest.mark.parametrize("marks", ["??", "?!", "!?", "?)?"])
def test_marks_behind_one_another_end_one_sentence(marks: str) -> None:
    assert split(f"Combien {marks} C'est dix euros.") == [f"Combien {marks}", "C'est dix euros."]


def test_wide_stops_end_a_sentence() -> None:
    assert split("残業手当は月末に払う。「申請は人事部へ。」 次！Done. Next.") == [
        *("残業手当は月末に払う。", "「申請は人事部へ。」", "次！", "Done.", "Next."),
    ]


@pytest.mark.parametrize("indent", ["  ", "\t", "\u2003", "\n  "])
def test_a_sentence_begins_behind_white_space(indent: str) -> None:
    text = f"{indent}- The limit is 500 EUR. It holds.\n{indent}  - Ask HR.\n"
    assert split(text) == ["- The limit is 500 EUR.", "It holds.", "- Ask HR."]


def test_lines_and_headings() -> None:
    text = "Leave\nThirty days\na year. More:\nAsk HR\n- one\n- two\n\nEnd"
    assert split(text, "Leave") == ["Leave", "Thirty days\na year.", "More:", "Ask HR", "- one", "- two", "End"]


@given(
    st.lists(
        st.sampled_from(
            ["Ask Dr. ", "1. ", "z. B. ", "Nr. 3", "a | b", "| c | 1 |", "。", "」", "?", ".", "...", "\n", "\n\n"]
        )
        | st.text(max_size=8)
    ).map("".join)
)
@example("??\nz. B. ")
@example("??\n。")
def test_sentences_are_spans_in_order_that_lose_nothing(text: str) -> None:
    end = 0
    for one in sentences(text):
        assert text[end : one.start].strip() == ""
        assert text[one.start : one.end] == text[one.start : one.end].strip() != ""
        end = one.end
    assert text[end:].strip() == ""


def rows(text: str) -> list[str]:
    return [text[one.start : one.end] for one in sentences(text) if one.is_row]


def test_a_pipe_in_prose_makes_no_row() -> None:
    text = "Run `journalctl | tail -n 50` on the host. The log is kept for 30 days."
    assert split(text) == ["Run `journalctl | tail -n 50` on the host.", "The log is kept for 30 days."]
    assert rows(text) == rows(f"{text}\n\n{text}") == []


def test_lines_with_pipes_near_each_other_are_rows() -> None:
    assert rows("Fire | 112\nPolice. Traffic | 110\nCall.") == ["Fire | 112", "Police. Traffic | 110"]
    assert rows("Basic | 10\n(a year)\nGold | 20") == ["Basic | 10", "Gold | 20"]
    assert rows("Before.\n| Fire. Smoke | 112 |\nAfter.") == ["| Fire. Smoke | 112 |"]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("| Plan | Note |\n| --- | :-: |\n| Basic | new |", "| Plan | Note |"),
        ("| 2024 | 10 |\n| --- | --- |\n| 2025 | 12 |", "| 2024 | 10 |"),
        ("Plan | Price\nBasic | EUR 10\nGold | 20", "Plan | Price"),
        ("Plan | 2024 | 2025\nBasic | 10 | 12", "Plan | 2024 | 2025"),
        ("Emergency number | 112\nPolice | 110", ""),
        ("Founded | 1998\nStaff | 240", ""),
        ("Anna | Head of IT\nBob | Clerk", ""),
        ("| Plan | Note |\n| --- | --- |", ""),
    ],
)
def test_the_header_of_a_table(text: str, header: str) -> None:
    (table,) = tables(text)
    assert (table.start, table.end, table.header) == (0, len(text), header)


def test_tables_end_at_a_blank_line() -> None:
    text = "Text.\n\n  Plan | Price\nBasic | 10\n(a year)\nGold | 20\n\n| A | 1 |\n| B | 2 |\nMore."
    assert [text[one.start : one.end].split("\n")[0] for one in tables(text)] == ["Plan | Price", "| A | 1 |"]
    assert tables("No table. No | row.") == []


def test_values_are_numbers_but_not_the_years_that_name_columns() -> None:
    assert holds_values("| Hotel | EUR 150 |")
    assert holds_values("Refund | -5 %")
    assert not holds_values("Level | Plan 10 | Q1")
    assert not holds_values(r"a \| 5 | b")


def test_a_missing_model_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ingest.sentences, "_MODEL", str(tmp_path))
    ingest.sentences._punkt.cache_clear()
    with pytest.raises(UnavailableError, match="reinstall llama-index-core"):
        split("One. Two.")


def test_other_data_of_nltk_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NLTK_DATA", str(tmp_path))
    ingest.sentences._punkt.cache_clear()
    assert split("Ask Dr. Smith. Then go.") == ["Ask Dr. Smith.", "Then go."]
    assert list(tmp_path.iterdir()) == []
