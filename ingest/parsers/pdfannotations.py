"""Filled fields and typed-in text of a PDF page, which lie above its text, become a part of it."""

import pypdfium2
import pypdfium2.raw as pdfium

SHOWN_AS_TEXT = (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP)


def flatten(page: pypdfium2.PdfPage) -> bool:
    """Whether there was something; then the page shows it once it is opened anew. The caller holds `PDFIUM_LOCK`."""
    if not any(_subtype(page, i) in SHOWN_AS_TEXT for i in range(pdfium.FPDFPage_GetAnnotCount(page.raw))):
        return False
    return bool(pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS)


def _subtype(page: pypdfium2.PdfPage, index: int) -> int:
    annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
    try:
        return int(pdfium.FPDFAnnot_GetSubtype(annotation))
    finally:
        pdfium.FPDFPage_CloseAnnot(annotation)
