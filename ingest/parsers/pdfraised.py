"""Digits that stand smaller and above the line in a PDF page, as exponents and the numbers of footnotes do."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ingest.parsers.pdfchars import PageChars
from ingest.parsers.superscripts import RAISED

SMALLER = 0.8
"""Share of the height of the character before."""
HIGHER = 0.1
"""Heights of that character by which the lower edge is above its own."""
DESCENT = 0.2
"""Share of the height below the baseline, so a smaller character on the same baseline ends higher, too."""
SIMILAR = 0.05
DIGITS = frozenset("0123456789")


def with_raised_digits(page: PageChars) -> PageChars:
    """The same page; raised digits are superscripts, so that "25¹ days" is not 251 days."""
    text = list(page.text)
    for i in _raised(page):
        text[i] = text[i].translate(RAISED)
    return replace(page, text="".join(text))


def _raised(page: PageChars) -> Iterator[int]:
    text, boxes = page.text, page.boxes
    # Behind a blank, a number in smaller print raises none.
    for start in [i for i in _smaller_and_higher(boxes).tolist() if text[i - 1].strip()]:
        end = start
        while end < len(text) and text[end] in DIGITS and (end == start or _is_level(boxes[end], boxes[start])):
            yield end
            end += 1


def _smaller_and_higher(boxes: NDArray[np.float32]) -> NDArray[np.int64]:
    """Indices of characters, compared with the one before; a box of a space that is made up has no height."""
    left, top, right, bottom = boxes[:-1].T
    height, own = bottom - top, boxes[1:, 3] - boxes[1:, 1]
    smaller = (own > 0) & (own < SMALLER * height)
    higher = (top < boxes[1:, 3]) & (boxes[1:, 3] < bottom - HIGHER * height - DESCENT * (height - own))
    beside = (left < boxes[1:, 0]) & (boxes[1:, 0] < right + height / 2)
    return np.flatnonzero(smaller & higher & beside) + 1


def _is_level(box: NDArray[np.float32], first: NDArray[np.float32]) -> bool:
    return bool(np.abs(box[[1, 3]] - first[[1, 3]]).max() < SIMILAR * (first[3] - first[1]))
