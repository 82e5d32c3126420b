"""Markers in every form that models give them, and what only looks like one."""

import pytest

from generation.markers import masked, subscripts, unmasked
from generation.prompting import safe
from tests.generation.test_streaming import read, said

CODE = "It reads sys.argv[1] and rows[0], then my_list[2][3]. Founded in 1987[4], it has 5 days[12]."


@pytest.mark.parametrize(
    "marker",
    [
        "【1】",
        "【1†source】",
        "［1］",
        "[^1]",
        "[ 1 ]",
        "\\[1\\]",
        "[passage 1]",
        "[Source: 1]",
        "[doc 1]",
        "(passage 1)",
        "(see passage [1])",
        "<passage [1]>",
        "<passage [1]></passage>",
        "[1, p. 2]",
    ],
)
def test_a_marker_in_another_form(marker: str) -> None:
    for text in (f"Leave is 14 days {marker}.", f"Leave is 14 days. {marker}"):
        assert said(text) == said(*text) == [("Leave is 14 days.", (1,))]


def test_raised_numbers_are_markers_behind_a_stop_only() -> None:
    text = "The hall has 90 m².¹ It opens at nine.¹²"
    assert said(text) == said(*text) == [("The hall has 90 m².", (1,)), ("It opens at nine.", (12,))]


@pytest.mark.parametrize(
    "text", ["As [note] and [n] say.", "Item (1) of [Annex 2].", "If a < b or b > [c.", "See (the passage).", "[12a]"]
)
def test_other_brackets_stay(text: str) -> None:
    assert said(text) == said(*text) == [(text, ())]


@pytest.mark.parametrize("source", ["According to passage [1], ", "As per [1] and [2], ", "Laut [1] und [2] "])
def test_what_is_said_of_passages_goes_with_their_markers(source: str) -> None:
    ((text, markers),) = said(f"{source}leave is 14 days.")
    assert text.casefold() == "leave is 14 days."
    assert markers[0] == 1


def test_the_index_of_code_is_no_marker() -> None:
    text = "It reads sys.argv[1] and `rows[7]`, then my_list[2][3][4]. That is 5 days[1], in `x`[2]."
    drafts = read(text, passages=[CODE])
    assert drafts == read(*text, passages=[CODE])
    assert [(one.statement.text, one.statement.markers) for one in drafts] == [
        ("It reads sys.argv[1] and `rows[7]`, then my_list[2][3].", (4,)),
        ("That is 5 days, in `x`.", (1, 2)),
    ]


def test_code_is_shown_so_that_it_can_be_copied() -> None:
    assert subscripts([CODE]) == {"sys.argv[1]", "rows[0]", "my_list[2]", "my_list[2][3]"}
    shown = safe(CODE)
    assert "sys.argv⟦1⟧ and rows⟦0⟧, then my_list⟦2⟧⟦3⟧. Founded in 1987(4)" in shown
    assert unmasked(masked(CODE)) == CODE
    (draft,) = read("It reads sys.argv⟦1⟧. [1]", passages=[CODE])
    assert draft.text == "It reads sys.argv[1]. [1]"


def test_a_row_keeps_its_last_bar() -> None:
    rows = "| Leeds [2] | 25 [1] |\n| Bremen | 30 [2] |\n"
    expected = [("| Leeds | 25 |", (2, 1)), ("| Bremen | 30 |", (2,))]
    assert said(rows) == said(*rows) == expected


def test_the_names_of_columns_belong_to_the_rows() -> None:
    table = "| Site | Days |\n|---|:--|\n| Leeds | 25 [1] |\n| York | 9 |\n| Bremen | 30 | [2]\n"
    drafts = read(f"{table}That is all. [1]")
    assert drafts == read(*f"{table}That is all. [1]")
    assert [one.text for one in drafts] == [
        "| Leeds | 25 [1] |",
        "| York | 9 |",
        "| Bremen | 30 [2] |",
        "That is all. [1]",
    ]
    assert [one.header for one in drafts] == ["| Site | Days |\n|---|:--|"] * 3 + [""]
    assert said("| a | b |\n| c | d |") == [("| a | b |", ()), ("| c | d |", ())]
