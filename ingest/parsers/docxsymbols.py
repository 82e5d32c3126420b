"""Symbols, check boxes, chosen entries and formulae of a Word document become text of runs."""

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml import etree

from ingest.parsers.formulae import formula_text

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
CHECKED, UNCHECKED = "\u2611", "\u2610"
SYMBOLS = {
    "wingdings": {0xFE: CHECKED, 0xFD: "\u2612", 0xA8: UNCHECKED, 0x6F: UNCHECKED, 0xFC: "\u2713", 0xFB: "\u2717"}
    | {0xE0: "\u2192", 0x4A: "\u263a", 0x4C: "\u2639"},
    "wingdings 2": {0x50: "\u2713", 0x4F: "\u2717", 0x52: CHECKED, 0x51: "\u2612", 0xA3: UNCHECKED},
    "symbol": {0xA3: "\u2264", 0xB3: "\u2265", 0xB1: "\u00b1", 0xB4: "\u00d7", 0xB8: "\u00f7", 0xB9: "\u2260"}
    | {0xB0: "\u00b0", 0x6D: "\u03bc", 0xAE: "\u2192", 0xDE: "\u21d2", 0xA0: "\u20ac", 0xBB: "\u2248", 0x44: "\u0394"},
}
"""Characters of fonts that have a code of their own, which may be moved up by 0xF000."""
OWN_CODES = ("wingdings", "wingdings 2", "wingdings 3", "webdings", "symbol")


def show_symbols(body: etree._Element) -> None:
    """Changes the tree in place. What of a symbol font is not known is left out."""
    for symbol in list(body.iter(qn("w:sym"))):
        _become_text(symbol, _symbol(symbol))
    for data in list(body.iter(qn("w:ffData"))):
        field = data.getparent()
        field.addprevious(_text(_field_state(data)))
    for formula in list(body.iter(f"{MATH}oMath")):
        run = OxmlElement("w:r")
        run.append(_text(formula_text(formula)))
        _replace(formula, run)
    etree.strip_tags(body, f"{MATH}oMathPara")


def _symbol(symbol: etree._Element) -> str:
    font = symbol.get(qn("w:font"), "").lower()
    try:
        code = int(symbol.get(qn("w:char"), ""), 16)
    except ValueError:
        return ""
    if font in OWN_CODES:
        return SYMBOLS.get(font, {}).get(code & 0xFF, "")
    return chr(code) if 0x20 <= code <= 0xFFFF else ""


def _field_state(data: etree._Element) -> str:
    """A check box, or the entry that was chosen of a list; the text of other fields stands in runs of its own."""
    box, choice = data.find(qn("w:checkBox")), data.find(qn("w:ddList"))
    if box is not None:
        states = [box.find(qn(tag)) for tag in ("w:checked", "w:default")]
        state = next((one.get(qn("w:val"), "1") for one in states if one is not None), "0")
        return UNCHECKED if state in ("0", "false", "off") else CHECKED
    if choice is None:
        return ""
    entries = [entry.get(qn("w:val"), "") for entry in choice.iter(qn("w:listEntry"))]
    chosen = choice.find(qn("w:result"))
    index = "0" if chosen is None else chosen.get(qn("w:val"), "0")
    return entries[int(index)] if index.isdecimal() and int(index) < len(entries) else ""


def _become_text(element: etree._Element, text: str) -> None:
    _replace(element, _text(text))


def _text(content: str) -> etree._Element:
    text = OxmlElement("w:t")
    text.text = content
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return text


def _replace(element: etree._Element, other: etree._Element) -> None:
    other.tail = element.tail
    element.getparent().replace(element, other)
