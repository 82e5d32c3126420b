"""Pages of a PDF that show something though they hold no text, as scans do."""

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.parsers.pdfchars import PDFIUM_LOCK

LEAST_SHARE = 0.1
"""Of the page's area: smaller pictures beside a header or a footer are logos."""
DEPTH = 3
DRAWN = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_SHADING)


def shows_picture(pdf: pypdfium2.PdfDocument, index: int, is_bare: bool) -> bool:
    """Whether page `index` (from 0) shows a large picture or, if it `is_bare` of any text, anything at all."""
    kinds = DRAWN if is_bare else (pdfium.FPDF_PAGEOBJ_IMAGE,)
    with PDFIUM_LOCK:
        page = pdf[index]
        try:
            width, height = page.get_size()
            return any(
                is_bare or _area(found) > LEAST_SHARE * width * height for found in page.get_objects(kinds, DEPTH)
            )
        finally:
            page.close()


def _area(found: pypdfium2.PdfObject) -> float:
    left, bottom, right, top = found.get_bounds()
    return float((right - left) * (top - bottom))
