"""The only access to pdfium for text: characters with boxes and bookmarks, in display coordinates.

pdfium is not thread-safe: every call is made under `PDFIUM_LOCK`, which is taken page by page, so that a long document
does not keep other threads waiting.
"""

import ctypes
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ingest.errors import UnreadableFileError
from ingest.parsers.pdfannotations import flatten

PDFIUM_LOCK = threading.Lock()
PASSWORD_ERROR = pdfium.FPDF_ERR_PASSWORD
DEVICE_SIZE = 1_000_000
"""pdfium maps whole device pixels only; so many make the rounding invisible."""
LINE = re.compile(r"[^\r\n]+")
MIN_HEIGHT = 0.1
FORCE_BOLD_FLAG = 1 << 18
BOLD_WEIGHT = 600
BOLD_NAMES = ("bold", "black", "heavy", "demi", "cmbx")
VIEW_TOP_INDEX = {pdfium.PDFDEST_VIEW_XYZ: 1, pdfium.PDFDEST_VIEW_FITH: 0, pdfium.PDFDEST_VIEW_FITBH: 0}


@dataclass(frozen=True)
class PageChars:
    """Characters of one page in the order of its content stream.

    `boxes` is (len(text), 4) float32: left, top, right, bottom in points from the top left corner of the page as it is
    displayed (cropped and rotated); zero for characters that pdfium made up. `bold` is (len(text),), True for the
    characters of lines that begin in a bold font. Characters from `own` on, where it is known, are those of
    filled fields.
    """

    number: int
    width: float
    height: float
    text: str
    boxes: NDArray[np.float32]
    bold: NDArray[np.bool_]
    own: int | None = None


@dataclass(frozen=True)
class Bookmark:
    """An outline entry; `top` is its place in points from the top of page `page`, None where it names none."""

    title: str
    depth: int
    page: int
    top: float | None


@contextmanager
def open_pdf(path: Path, name: str) -> Iterator[pypdfium2.PdfDocument]:
    """An open document; closed under the lock.

    Raises:
        UnreadableFileError: it is encrypted or damaged or has no pages.
    """
    with PDFIUM_LOCK:
        pdf = _opened(path, name)
    try:
        if not len(pdf):
            raise UnreadableFileError(f"{name} has no pages: export it again from its source.")
        yield pdf
    finally:
        with PDFIUM_LOCK:
            pdf.close()


def _opened(path: Path, name: str) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code == PASSWORD_ERROR:
            raise UnreadableFileError(f"{name} is protected by a password: save a copy without one.") from error
        raise UnreadableFileError(
            f"{name} is a damaged or incomplete PDF: copy it again or export it again from its source."
        ) from error


def read_chars(pdf: pypdfium2.PdfDocument, index: int) -> PageChars:
    """Characters of page `index` (from 0)."""
    with PDFIUM_LOCK, _opened_page(pdf, index) as page:
        chars = _page_chars(page, index + 1)
        if not flatten(page):
            return chars
    with PDFIUM_LOCK, _opened_page(pdf, index) as page:
        whole = _page_chars(page, index + 1)
        return replace(whole, own=len(chars.text) if whole.text.startswith(chars.text) else None)


@contextmanager
def _opened_page(pdf: pypdfium2.PdfDocument, index: int) -> Iterator[pypdfium2.PdfPage]:
    page = pdf[index]
    try:
        yield page
    finally:
        page.close()


def read_bookmarks(pdf: pypdfium2.PdfDocument) -> list[Bookmark]:
    """The outline in its own order; entries that lead to no page are left out."""
    with PDFIUM_LOCK:
        entries = [(mark.get_title(), mark.level, mark.get_dest()) for mark in pdf.get_toc()]
        return [
            Bookmark(" ".join(title.split()), depth, index + 1, _top(pdf, index, *dest.get_view()))
            for title, depth, dest in entries
            if title.strip() and dest is not None and (index := dest.get_index()) is not None and 0 <= index < len(pdf)
        ]


def _top(pdf: pypdfium2.PdfDocument, index: int, mode: int, params: list[float]) -> float | None:
    position = VIEW_TOP_INDEX.get(mode)
    if position is None or position >= len(params):
        return None
    page = pdf[index]
    try:
        left = params[0] if mode == pdfium.PDFDEST_VIEW_XYZ else 0.0
        return float(_displayed(page, np.array([[left, params[position]]], np.float64))[0, 1])
    finally:
        page.close()


def _page_chars(page: pypdfium2.PdfPage, number: int) -> PageChars:
    textpage = page.get_textpage()
    try:
        handle, count = textpage.raw, textpage.count_chars()
        get_code = pdfium.FPDFText_GetUnicode
        text = "".join([_char(get_code(handle, i)) for i in range(count)])
        width, height = page.get_size()
        boxes = _boxes(page, handle, text).clip(0, (width, height, width, height)).astype(np.float32)
        return PageChars(number, width, height, text, boxes, _bold(handle, text))
    finally:
        textpage.close()


def _char(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _boxes(page: pypdfium2.PdfPage, handle: object, text: str) -> NDArray[np.float64]:
    """Loose boxes are as high as the font, which suits highlighting; turned text has only tight ones."""
    count = len(text)
    rects = (pdfium.FS_RECTF * count)()
    get_box = pdfium.FPDFText_GetLooseCharBox
    for i in range(count):
        get_box(handle, i, rects[i])
    raw = np.frombuffer(rects, np.float32).reshape(count, 4).astype(np.float64)
    made_up = np.fromiter((char <= " " for char in text), bool, count) & (raw[:, 0] == raw[:, 2])
    for i in np.flatnonzero(~made_up & (np.abs(raw[:, 1] - raw[:, 3]) < MIN_HEIGHT)).tolist():
        raw[i] = _tight_box(handle, i)
    corners = _displayed(page, raw.reshape(-1, 2)).reshape(count, 2, 2)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    boxes[made_up] = 0
    return boxes


def _tight_box(handle: object, index: int) -> tuple[float, float, float, float]:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(handle, index, left, right, bottom, top)
    return left.value, top.value, right.value, bottom.value


def _displayed(page: pypdfium2.PdfPage, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Page coordinates (n, 2) become points from the top left corner of the displayed page.

    pdfium itself is asked where the corners are: it knows inherited boxes, cropping and rotation.
    """
    origin, right, below = (_corner(page, x, y) for x, y in ((0, 0), (DEVICE_SIZE, 0), (0, DEVICE_SIZE)))
    across, down = right - origin, below - origin
    width, height = page.get_size()
    offsets = points - origin
    return np.stack([offsets @ across * (width / (across @ across)), offsets @ down * (height / (down @ down))], axis=1)


def _corner(page: pypdfium2.PdfPage, x: int, y: int) -> NDArray[np.float64]:
    page_x, page_y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDF_DeviceToPage(page, 0, 0, DEVICE_SIZE, DEVICE_SIZE, 0, x, y, page_x, page_y)
    return np.array([page_x.value, page_y.value])


def _bold(handle: object, text: str) -> NDArray[np.bool_]:
    """Asking for the font of every character would double the time; the first of a line tells enough."""
    bold = np.zeros(len(text), np.bool_)
    for line in LINE.finditer(text):
        bold[line.start() : line.end()] = _is_bold(handle, line.start())
    return bold


def _is_bold(handle: object, index: int) -> bool:
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(handle, index, name, 128, flags)
    font = name.value.decode("utf-8", "replace").lower()
    heavy = pdfium.FPDFText_GetFontWeight(handle, index) >= BOLD_WEIGHT
    return heavy or bool(flags.value & FORCE_BOLD_FLAG) or any(word in font for word in BOLD_NAMES)
