import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsers.pdf import join_lines
from ingest.parsers.pdfchars import PageChars
from ingest.parsers.pdflines import HYPHEN, Line, page_lines, repair

alphabet = st.sampled_from(
    [
        *"ab .=-\n\t\x00\x07\xad\ufb01\ufeff\u00e9\u0301\u0338\u200b\U0001f600",
        HYPHEN,
        "\r\n",
        "\ufffe",
        " . . . . . . . ",
    ]
)


@st.composite
def pages(draw: st.DrawFn) -> PageChars:
    text = "".join(draw(st.lists(alphabet, max_size=60)))
    numbers = np.random.default_rng(draw(st.integers(0, 9))).uniform(0, 500, (len(text), 4)).astype(np.float32)
    boxes = np.concatenate([numbers[:, :2], numbers[:, :2] + np.abs(numbers[:, 2:] - 250)], axis=1)
    return PageChars(1, 800, 800, text, boxes, np.zeros(len(text), np.bool_))


@settings(deadline=None)
@given(pages())
def test_boxes_stay_in_step_through_repair(page: PageChars) -> None:
    repaired = repair(page)
    assert len(repaired.boxes) == len(repaired.bold) == len(repaired.text)
    lines = page_lines(page)
    for line in lines:
        assert len(line.boxes) == len(line.text)
    if lines:
        text, boxes = join_lines(lines, frozenset())
        assert boxes.shape == (len(text), 4)
        assert not any(char in text for char in "\x00\x07\x02\r\ufb01\u200b\ufffe")
        assert unicodedata.is_normalized("NFC", text)
        letters = [i for i, char in enumerate(page.text) if char == "a"]
        kept = [i for i, char in enumerate(text) if char in "aá"]
        assert len(letters) == len(kept)
        assert {tuple(page.boxes[i]) for i in letters} == {tuple(boxes[i]) for i in kept}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\ufb01\u0301n", "f\u00edn"),
        ("a\u200b\u0301b", "\u00e1b"),
        ("=\u0338", "\u2260"),
        ("\u0301\u0338a", "\u0338\u0301a"),
        (".\u0301 b", ".\u0301 b"),
        ("a . . . . . . . 3", "a ...3"),
    ],
)
def test_accents_are_composed(text: str, line: str) -> None:
    boxes = np.tile(np.array([[1, 2, 3, 4]], np.float32), (len(text), 1))
    assert [one.text for one in page_lines(PageChars(1, 80, 80, text, boxes, np.zeros(len(text), np.bool_)))] == [line]


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("exam-", "ple", "example"),
        ("a --long-", "option here", "a --long-option here"),
        ("Anglo-", "Saxon", "Anglo-Saxon"),
        ("B-", "52 bomber", "B-52 bomber"),
        ("Die Ein-", "und Ausgabe", "Die Ein-\nund Ausgabe"),
        ("pre-", "or post-war", "pre-\nor post-war"),
        ("Der Kür-", "bis", "Der Kürbis"),
        ("Fein-", "unding", "Feinunding"),
    ],
)
def test_hyphens_at_line_ends(before: str, after: str, joined: str) -> None:
    lines = [
        Line(text, np.zeros((len(text), 4), np.float32), 0, top, 9, top + 9, 9, False, hyphenated=top == 0)
        for top, text in ((0, before), (10, after))
    ]
    assert join_lines(lines, frozenset({"long-option", "kürbis"}))[0] == joined
