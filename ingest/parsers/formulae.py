"""Formulae of Word (Office MathML) and of web pages (MathML) as one line of text, such as "s/12" and "x^2"."""

from lxml import etree

FRACTIONS = ("f", "mfrac")
POWERS = ("sSup", "msup")
INDICES = ("sSub", "msub")
BOTH = ("sSubSup", "msubsup")
ROOTS = ("rad", "msqrt")
BRACKETS = ("d", "mfenced")
UNSEEN = ("annotation", "annotation-xml")
PROPERTIES = "Pr"
"""Elements whose names end so say how something looks."""


def formula_text(element: etree._Element) -> str:
    """What is laid out in two dimensions is written with / ^ _ √ and brackets where it would be ambiguous."""
    name = _name(element)
    parts = [formula_text(child) for child in element if _is_shown(child)]
    if not parts:
        return element.text or "" if isinstance(element.tag, str) else ""
    if name in (*FRACTIONS, *POWERS, *INDICES) and len(parts) == 2:
        sign = "/" if name in FRACTIONS else "^" if name in POWERS else "_"
        return sign.join(map(_bracketed, parts))
    if name in BOTH and len(parts) == 3:
        return "{}_{}^{}".format(*map(_bracketed, parts))
    if name in ROOTS:
        return "\u221a" + _bracketed("".join(parts[-1:] if name == "rad" else parts))
    if name in BRACKETS:
        return f"({', '.join(parts)})"
    return "".join(parts)


def _is_shown(child: etree._Element) -> bool:
    name = _name(child)
    return bool(name) and not name.endswith(PROPERTIES) and name not in UNSEEN


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _bracketed(part: str) -> str:
    return part if part.replace(".", "").isalnum() else f"({part})"
