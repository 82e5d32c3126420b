"""Quoted phrases, identifiers and numbers with a unit are looked for letter by letter."""

import re
from collections.abc import Callable
from dataclasses import replace

from retrieval.fusion import scaled
from retrieval.ports import Searcher
from retrieval.types import Hit, Query

_QUOTED = re.compile(
    r'(?<!\w)"([^"]{2,200})"|„([^“”"]{2,200})[“”"]|“([^”]{2,200})”|«([^»]{2,200})»|»([^«]{2,200})«'
    r"|‚([^‚‘’]{2,200})[‘’](?!\w)|(?<!\w)‘([^‘’]{2,200})’(?!\w)"
)
"""English, German and French; a mark behind a number is one of inches, one between letters an apostrophe."""
_TOKEN = re.compile(r"(?<![^\s(\[{<'‚‘§#=])-{0,2}\w[\w./:+#@-]*\w")
_MAIL = re.compile(r"[^@]+@[^@]+\.[^@]+")
_WITH_UNIT = re.compile(r"(\d[\d.,]*)([^\W\d_]{2,4}|[ghlmsvw])", re.IGNORECASE)
_YEARS = re.compile(r"(?:19|20)\d\d-(?:19|20)\d\d")
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
"""Hyphens, en dash and minus: one text writes "P4‑60", another "P4-60". An em dash joins no word."""
_MOST = 8
_LONG_NUMBER = 7
"""Digits."""


class ExactSearcher:
    """Port `Searcher` round another one: of the best candidates those come first that hold what the query says exactly.

    Exact are phrases in quotation marks, and identifiers: words that mix letters with digits or are joined by marks
    (INC-2291, P4-60, --num-callers, v3.9, 10.4.0.12, 4711-0815, it@acme.com). Their letters' case, the kind and number
    of spaces and the kind of hyphen do not matter, nor a space before a unit (500mg); what stands beside them must not
    be a letter or digit, so that P4-6 is not found in P4-60, nor v3.9 in v3.9.1, 500mg in 1,500 mg or it@acme.com in
    support-it@acme.com.

    Args:
        candidates: how many hits are looked through.
        weight: what a hit gains that holds all of it; the scores before are scaled to [0, 1].
    """

    def __init__(self, inner: Searcher, candidates: int = 50, weight: float = 1.0) -> None:
        self._inner, self._candidates, self._weight = inner, candidates, weight

    def search(self, query: Query) -> list[Hit]:
        wanted = exact(query.text)
        if not wanted:
            return self._inner.search(query)
        hits = self._inner.search(replace(query, top_k=max(query.top_k, self._candidates)))
        patterns = [_pattern(one) for one in wanted]
        even = scaled([hit.score for hit in hits])  # whatever the mode and the fusion
        gained = [self._raised(hit, score, patterns) for hit, score in zip(hits, even, strict=True)]
        return sorted(gained, key=lambda hit: (-hit.score, hit.chunk.id))[: query.top_k]

    def _raised(self, hit: Hit, score: float, patterns: list[Callable[[str], object]]) -> Hit:
        text = hit.chunk.indexed_text.translate(_HYPHENS)
        share = sum(bool(found(text)) for found in patterns) / len(patterns)
        gain = self._weight * share
        return replace(hit, score=score + gain, origin={**hit.origin, "exact": gain})


def exact(text: str) -> list[str]:
    """What a query says exactly: quoted phrases, then identifiers outside of them."""
    text = text.translate(_HYPHENS)
    phrases = [next(filter(None, match)).strip() for match in _QUOTED.findall(text)]
    rest = _QUOTED.sub(" ", text)
    words = [word for word in _TOKEN.findall(rest) if _is_identifier(word)]
    return list(dict.fromkeys(filter(None, [*phrases, *words])))[:_MOST]


def outside_quotes(text: str, change: Callable[[str], str]) -> str:
    """`text` with what stands outside of its quotation marks changed."""
    pieces, end = [], 0
    for quoted in _QUOTED.finditer(text):
        pieces += [change(text[end : quoted.start()]), quoted[0]]
        end = quoted.end()
    return "".join([*pieces, change(text[end:])])


def _is_identifier(word: str) -> bool:
    """Not every number: years and counts are often said in other words. Not every hyphen: "full-time" is a word."""
    if _MAIL.fullmatch(word):
        return True
    letters, digits = any(map(str.isalpha, word)), any(map(str.isdigit, word))
    if digits and letters:
        return not re.fullmatch(r"\d+(?:st|nd|rd|th|s)|\d+-\w+(?:-\w+)*", word.casefold())
    if digits:
        long = "-" in word and sum(map(str.isdigit, word)) >= _LONG_NUMBER and not _YEARS.fullmatch(word)
        return long or len(re.findall(r"[.:/-]", word)) >= 2  # an address, a date, a part number; 1.5 or 9:30 is none
    return word.startswith("--") or "_" in word


def _pattern(exactly: str) -> Callable[[str], object]:
    words = r"\s+".join(map(re.escape, exactly.split()))
    amount = _WITH_UNIT.fullmatch(exactly)
    if amount:
        words = rf"{re.escape(amount[1])}\s?{re.escape(amount[2])}"
    before, behind = _edges(exactly, amount is not None)
    return re.compile(before + words + behind, re.IGNORECASE).search


def _edges(exactly: str, amount: bool) -> tuple[str, str]:
    """What must not stand before and behind."""
    if _MAIL.fullmatch(exactly):
        return r"(?<!\w)(?<!\w[.+-])", r"(?!\w|[.-]\w)"
    before = r"(?<!\w)(?<!\d\.)" if exactly[0].isdigit() else r"(?<!\w)"
    behind = r"(?!\w|\.\d)" if exactly[-1].isdigit() else r"(?!\w)"
    if amount:  # 500mg is a part of 1,500 mg, 1'500 mg and 1 500 mg
        before += r"(?<!\d[,'’])" + (r"(?<!\d\s)" if re.match(r"\d{3}(?!\d)", exactly) else "")
    return before, behind
