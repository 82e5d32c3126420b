"""Raised digits keep their place above the line: "25¹ days" must not become 251 days, nor 10⁶ the number 106."""

import re

from lxml import etree

from ingest.parsers.htmltables import BREAKING

RAISED = str.maketrans("0123456789+-\u2212\u2013()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁽⁾")
MARK = re.compile(r"[\d+\u2212\u2013(),;.* -]+", re.ASCII)
SLASHES = ("/", "\u2044")


def raised(text: str, before: str) -> str:
    """`text`, which stands raised behind `before`; only digits and their signs have a raised form that is read."""
    return text.translate(RAISED) if before[-1:].strip() and MARK.fullmatch(text.strip()) else text


def raise_digits(root: etree._Element) -> None:
    """The <sup> of an HTML tree, changed in place. A fraction (<sup>1</sup>/<sub>2</sub>) is set apart from the number
    before it."""
    before = ""
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            if node.tag == "sup" and _is_numerator(node) and before[-1:].isdigit():
                node.text = f" {node.text or ''}"
            elif node.tag == "sup":
                _raise(node, before)
            before = _last(node, node.text, before)
        else:
            before = _last(node, node.tail, before)


def _last(node: etree._Element, text: str | None, before: str) -> str:
    """The character that stands before what follows; none at the beginning of a line."""
    return (text or "")[-1:] or ("" if node.tag in BREAKING else before)


def _raise(sup: etree._Element, before: str) -> None:
    if MARK.fullmatch("".join(sup.itertext()).strip()):
        for node in sup.iter():
            node.text = raised(node.text, before) if node.text else node.text
            if node is not sup and node.tail:
                node.tail = raised(node.tail, before)


def _is_numerator(sup: etree._Element) -> bool:
    below = sup.getnext()
    return (sup.tail or "").strip() in SLASHES and below is not None and below.tag == "sub"
