"""Formulae of Word (Office MathML) and of web pages (MathML) as one line of text, such as "s/12" and "x^2"."""

import re
from itertools import pairwise

from lxml import etree

FRACTIONS = ("f", "mfrac")
LIMITS = ("limUpp", "mover", "limLow", "munder")
POWERS = ("sSup", "msup", *LIMITS[:2])
INDICES = ("sSub", "msub", *LIMITS[2:])
BOTH = ("sSubSup", "msubsup", "munderover")
ROOTS = ("rad", "msqrt")
BRACKETS = ("d", "mfenced")
SIGN = {**dict.fromkeys(FRACTIONS, "/"), **dict.fromkeys(POWERS, "^"), **dict.fromkeys(INDICES, "_")}
ACCENT = re.compile(r"[^\w\s\u221e]")
OPERATOR = "nary"
INTEGRAL = "\u222b"
"""The sign of an `OPERATOR` that names none."""
ROWS, CELLS = ("m", "mtable", "eqArr"), ("mr", "mtr")
UNSEEN = ("annotation", "annotation-xml")
PROPERTIES = "Pr"
"""Elements whose names end so say how something looks."""


def formula_text(element: etree._Element) -> str:
    """What is laid out in two dimensions is written with / ^ _ √ and brackets where it would be ambiguous; rows of a
    matrix end with ";"."""
    name, children = _name(element), [child for child in element if _is_shown(child)]
    parts = [formula_text(child) for child in children]
    if not parts:
        return element.text or "" if isinstance(element.tag, str) else ""
    if name in SIGN and len(parts) == 2 and not (name in LIMITS and ACCENT.fullmatch(parts[1])):
        return SIGN[name].join(map(_bracketed, parts))
    if name in BOTH and len(parts) == 3:
        return "{}_{}^{}".format(*map(_bracketed, parts))
    if name == OPERATOR:
        return _operator(element, dict(zip(map(_name, children), parts, strict=True)))
    if name in ROOTS:
        return "\u221a" + _bracketed("".join(parts[-1:] if name == "rad" else parts))
    if name in BRACKETS:
        return f"({', '.join(parts)})"
    return "; ".join(parts) if name in ROWS else ", ".join(parts) if name in CELLS else _joined(children, parts)


def _operator(element: etree._Element, parts: dict[str, str]) -> str:
    """Such as "∑_(i=1)^12 50"."""
    signs = element.xpath("*[local-name()='naryPr']/*[local-name()='chr']/@*[local-name()='val']")
    limits = [f"{sign}{_bracketed(parts[key])}" for key, sign in (("sub", "_"), ("sup", "^")) if parts.get(key)]
    return f"{signs[0] if signs else INTEGRAL}{''.join(limits)} {parts.get('e', '')}".rstrip()


def _joined(children: list[etree._Element], parts: list[str]) -> str:
    """What only its layout keeps apart is kept apart by a blank: 2 and 1/2 are not 21/2."""
    text = parts[0]
    for (before, child), part in zip(pairwise(children), parts[1:], strict=True):
        text += f" {part}" if text[-1:].isalnum() and _begins_anew(before, child, text[-1], part[:1]) else part
    return text


def _begins_anew(before: etree._Element, child: etree._Element, last: str, first: str) -> bool:
    """Runs of one number may look different, so they alone tell nothing."""
    if _name(child) in FRACTIONS or (_name(before) in (*FRACTIONS, *LIMITS, *BOTH) and first.isalnum()):
        return True
    return last.isdigit() and first.isdigit() and not (_is_run(before) and _is_run(child))


def _is_run(element: etree._Element) -> bool:
    return _name(element) == "r" or not len(element)


def _is_shown(child: etree._Element) -> bool:
    name = _name(child)
    return bool(name) and not name.endswith(PROPERTIES) and name not in UNSEEN


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _bracketed(part: str) -> str:
    return part if len(part) == 1 or part.replace(".", "").isalnum() else f"({part})"
