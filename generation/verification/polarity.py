"""Whether a statement says yes where its passage says no, or "at most" where that says "at least"."""

import re
from collections.abc import Sequence
from itertools import pairwise

from generation.verification.bounds import bounded, closing

_PHRASES = tuple(
    (re.compile(pattern, re.IGNORECASE), token)
    for pattern, token in (
        (r"(?:≥|(?<![-=])>\s?=)\s?(?=[€$£]?\s?\d)", " at least "),
        (r"(?:≤|<\s?=)\s?(?=[€$£]?\s?\d)", " at most "),
        (r"(?<![-=])>\s?(?=[€$£]?\s?\d)", " more than "),
        (r"<\s?(?=[€$£]?\s?\d)", " less than "),
        (r"\bfail(?:s|ed|ing)? to\b", " do not "),
        (r"\btak(?:es?|ing) place\b|\btook place\b", " held "),
        (r"\bno\.?\s?(?=\d)", " "),
        (r"\bif not (?!all\b|most\b|more\b|always\b)", " unless "),
        (r"\bnot even\b", " not "),
        (r"\bnot? later than\b", " until "),
        (r"\bnot? (?:only|just|merely|matter|doubt|later|until|whether)\b|\b(?:if|or|whether or) not\b", " "),
        (r"\bor (?:refused|rejected|declined|denied)\b|\bnone other than\b", " "),
        (r"\b(?:free to|up to you|at liberty to)\b", " may "),
        (r"\b(?:closed|shut|off limits|out of bounds) to\b|\bturn(?:s|ed)? (?:away|down)\b", " refused "),
        (r"\bopen (?:un)?till?\b", " closes "),
        (r"\bdisabled (?=people|persons?|visitors?|guests?|staff|children|employees|customers|access|toilets?)", " "),
        (r"\bset up\b", " "),
        (r"\b(?:open) (?:to|for)\b", " allowed "),
        (r"\b(?:are|is|was|were) supposed to\b", " should "),
        (
            r"\b(?:free of charge|charge-free|(?:for|at) (?:free|nothing)|costs? nothing|free|waive[sd]?"
            r"|(?:without|at no|no) (?:any |extra |further )*(?:charges?|costs?|fees?)"
            r"(?: (?:is|are) (?:charged|made|due))?(?! (?:is|are|was|were|(?:will|can|may) be) (?!charged|made|due))"
            r"|(?:(?:do|does|did|will|need) not|never) (?:have to |need to )?pay"
            r"(?: (?:a|any|anything|for|toll|fee|charge))*|pays? nothing"
            r"|charged nothing|kostenlos|kostenfrei)\b",
            " gratis ",
        ),
        (r"\bno\b(?=[^.;]*\b(?:nunca|ning[uú]n[ao]?)\b)|\bsans\b(?= aucune?\b)", " "),
        (r"\bno-one\b", " nobody "),
        (r"\b(?:no-show\w*|non-profit\w*|non-stop)\b", " "),
        (r"\bnon-(?=\w)|\bno-(?=(?:smok|park|entry|go)\w*)", " not "),
        (r"\b(?:rather than|instead of|in place of|in lieu of)\b", " notthat "),
        (r"\b(?:ruled out|off limits)\b", " forbidden "),
        (r"\bnothing but\b", " only "),
        (r"\bneither\b([^.;]*?)\bnor\b", r" not \1 "),
        (r"\b(?:ruled|shut) out\b|\bvoted down\b", " not "),
        (r"\b(?:year|month|week|day|evening|night) (?:before|earlier)\b", " previous "),
        (r"\b(?:year|month|week|day|evening|night) (?:after|later)\b", " following "),
        (r"\b(?:and|or) (?:over|above|more|older|longer)\b", " atleast "),
        (r"\b(?:and|or) (?:under|below|less|younger|fewer)\b", " atmost "),
        (
            r"\bonce (?!an? (?:day|week|month|quarter|year|night|hour|shift)\b)"
            r"(?=(?:the|you|your|it|they|he|she|all|an?|\w+ed)\b)",
            " after ",
        ),
        (r"\b(?:no longer|not any ?more|not any longer|(?:stop|stops|stopped|ceased?)(?= \w+ing\b))\b", " ceased "),
        (
            r"\b(?:(?:must|may|should|can|shall) )?(?:(?:no|not|never) (?:be )?(?:more|higher|longer|larger|greater"
            r"|faster|over|above)\b than"
            r"|(?:not|never) (?:exceed\w*|be (?:over|above|higher|longer|larger|greater))|at (?:the )?most|up to"
            r"|a? ?maximum(?: of)?|max\.?|höchstens|bis zu)\b",
            " atmost ",
        ),
        (
            r"\b(?:(?:no|not|never) (?:be )?(?:less|lower|fewer|shorter|smaller)\b than|not be (?:below|under)"
            r"|at (?:the very )?least|a? ?minimum(?: of)?|min\.|mindestens)\b",
            " atleast ",
        ),
        (r"\b(?:more|higher|longer|larger|greater|bigger|heavier|older) than\b", " above "),
        (r"\b(?:less|fewer|lower|shorter|smaller|lighter|younger) than\b", " below "),
        (r"\bas long as\b|\bprovided(?: that)?\b|\bon condition that\b", " if "),
        (
            r"\bwith the exception of\b|\bsave (?=(?:in|for|on|that|where|when)\b)|\bapart from\b|\bother than\b",
            " except ",
        ),
        (r"\b(?:needs? not|(?:do|does|did) not (?:need(?: to)?|have to)|no need(?: to)?)\b", " not exempt "),
        (r"\b(?:ha(?:s|ve)|is|are|need|needs) to(?: be)?\b(?! not| the\b)", " must "),
        (r"\b(?:can\s?not|ca not)\b", " not can "),
    )
)
_CONTRACTED = re.compile(r"n['’]t\b")
_NEGATIONS = """not notthat no never without nor neither none nobody nothing nowhere cannot forbidden forbid forbids
    prohibited prohibit
    prohibits banned disallowed barred refused refuse refuses refusal refusing unless ausser rejected reject
    declined denied excluded excludes
    excluding impossible unable ineligible invalid unavailable unlawful illegal avoid avoided lacks lacking
    missing inadmissible disable disables disabled ceased except anonymous anonymously
    nicht nie niemals kein keine keinen keinem keiner keines ohne weder noch
    niemand nichts verboten untersagt ausgeschlossen
    pas jamais aucun aucune sans nunca ningún ninguna ninguno niet geen nooit zonder non senza"""
NEGATIONS = frozenset(_NEGATIONS.split())
"""As `casefold` writes them. Not "ne", since "ne ... pas" says no once, nor what is another word in English or German,
as "sin" and "mai"."""
_OPPOSITES = tuple(
    (frozenset(left.split()), frozenset(right.split()))
    for left, right in (
        ("atmost limit ceiling cap", "atleast"),
        ("gratis", "charged"),
        ("atmost", "above"),
        ("atleast", "below"),
        ("above exceed exceeds exceeding", "below"),
        ("more further additional extra mehr", "less fewer weniger"),
        ("higher longer larger greater bigger faster heavier older", "lower shorter smaller slower lighter younger"),
        ("before earlier prior vor bevor früher untilthen spätestens",
         "after later following afterwards nach nachdem später fromthen frühestens"),
        ("previous", "following next"),
        ("increase increases increased increasing rise rises rose risen grew grow grown raise raised raises raising up",
         "decrease decreases decreased decreasing fall falls fell fallen drop drops dropped reduce reduced reduces"
         " down sank cut cuts lower lowers lowered decline declines declined shrank"),
        ("opens open opened", "closes close closed closing"),
        ("first", "last"),
        ("starts start begins begin begun started", "ends end ended finishes finish expires expire"),
        ("included includes include including", "excluded excludes exclude excluding"),
        ("earliest", "latest"),
        ("inside indoors within", "outside outdoors"),
        ("accept accepts accepted accepting approve approves approved granted",
         "reject rejects rejected refuse refuses refused declines declined"),
        ("available held", "cancelled canceled discontinued"),
        ("inthetime", "thetimeover"),
        ("all every always", "none never"),
        ("with", "without"),
        ("stay stays stayed remain remains", "leave leaves quit quits"),
        ("best good", "bad worst poor"),
        ("win wins won", "lose loses lost"),
        ("above upper top", "bottom lowest"),
    )
)  # fmt: skip
_KNOWN = frozenset(("over", "under")).union(NEGATIONS, *(side for pair in _OPPOSITES for side in pair))
_LEAVE = re.compile(
    r"\b(annual|sick|parental|maternity|paternity|unpaid|paid|unused|special|study|compassionate|days?['’]?|of|on|the|your"
    r"|any|remaining|extra|additional) leave\b",
    re.IGNORECASE,
)
"""Where it is no verb."""
_ENDS = {"untilthen": "until", "fromthen": "from", "inthetime": "within", "thetimeover": "after"}
_EXCEPTS = re.compile(r"\b(?:except|exclu|ausnahme|ausgenommen|au(?:ß|ss)er\b)", re.IGNORECASE)
_EXCLUDES = re.compile(
    r"\b(?:exclusions?|out of (?:the )?scope|outside (?:the )?scope"
    r"|(?:non-?|un|in)(?:reimbursable|refundable|covered|eligible|deductible))\b",
    re.IGNORECASE,
)
"""What denies all below it without a negation."""
_LEAD = re.compile(
    r"^\s*(?:(?:the|my|die) (?:\w+ )?(?:answer|antwort)(?: to (?:this|that|the|your) question| auf (?:diese|die|ihre)"
    r" frage)? (?:is|lautet|ist)(?: that\b|:|\b(?=\W*(?:yes|no|ja|nein)?\W*$))\s*)?"
    r"(?:(?:yes|no|ja|nein)(?:\s*[,.:;–]+|\s+-|$)\s*)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


def without_lead(text: str) -> str:
    """Without "The answer is:" and the yes or no that answers the question."""
    return _LEAD.sub("", text)


def conflict(statement: str, source: str) -> str:
    """What speaks against, for people; empty where nothing does.

    Negations are counted: two make none, and so do a negation and an opposite ("not before", "after").
    """
    mine, theirs, flips = tokens(statement), tokens(source), opposed(statement, source)
    odd = (_count(mine) + _count(theirs) + len(flips)) % 2
    if odd and flips:
        return f"it says “{said(flips[0][0])}” where the passage says “{said(flips[0][1])}”"
    if odd:
        return "it negates what the passage says" if _count(mine) % 2 else "it leaves out a negation of the passage"
    return ""


def contrary(statement: str, source: str, others: Sequence[tuple[str, str]], other_sign: int, same_sign: int) -> str:
    """What speaks against, for people; empty where nothing does. An opposite makes good for a negation ("not before",
    "after").

    Args:
        others: more words of the statement with their opposites in the passage.
        other_sign, same_sign: how many words of both texts stand under other negations, and how many under the same.
    """
    mine, theirs, flips = tokens(statement), tokens(source), opposed(statement, source)
    flips += [pair for pair in others if not _KNOWN & set(pair)]
    unknown = not other_sign and not same_sign
    negated = (_count(mine) + _count(theirs)) % 2 == 1 if unknown and flips else other_sign > same_sign
    if negated == bool(len(flips) % 2):
        return ""
    if flips and not negated:
        return f"it says “{said(flips[0][0])}” where the passage says “{said(flips[0][1])}”"
    return "it negates what the passage says" if _count(mine) % 2 else "it leaves out a negation of the passage"


def opposed(statement: str, source: str) -> list[tuple[str, str]]:
    """Words of the statement with their opposites in the passage."""
    here, there = (plain(_LEAVE.sub(r"\1", text)) for text in (statement, source))
    mine, theirs = (words_of(bounded(text)) for text in (closing(here, there), closing(there, here)))
    found = [pair for pair in (_opposed(mine, theirs, *both) for both in _OPPOSITES) if pair]
    return [*found, *_over_and_under(mine, theirs)]


def _over_and_under(mine: Sequence[str], theirs: Sequence[str]) -> list[tuple[str, str]]:
    """Where the same word follows, since "under the scheme" and "over the phone" are no opposites."""
    here, there = _followed(mine), _followed(theirs)
    pairs = (("over", "under"), ("under", "over"))
    return [(one, other) for one, other in pairs if (here[one] - there[one]) & (there[other] - here[other])][:1]


def _followed(tokens: Sequence[str]) -> dict[str, set[str]]:
    """What follows on "over" and "under", but for articles."""
    words = [token for token in tokens if token not in ("the", "a", "an")]
    return {one: {then for word, then in pairwise([*words, ""]) if word == one} for one in ("over", "under")}


def negated(text: str) -> bool:
    return _count(tokens(text)) > 0


def denies(text: str) -> bool:
    """With an odd number of negations, since two make none."""
    return _count(tokens(text)) % 2 == 1


def excludes(lead: str) -> bool:
    """Whether what a line leads in says the opposite without it."""
    return denies(lead) or _EXCLUDES.search(lead) is not None


def confines(lead: str) -> bool:
    """Whether what a line leads in says something else without it: the opposite, or that it is so for all."""
    return restricts(lead) or _EXCEPTS.search(lead) is not None or _EXCLUDES.search(lead) is not None


def checked(word: str) -> bool:
    """Whether a word says yes or no, or is one of two opposites, which is looked at by itself."""
    return word in _KNOWN or word in ("allowed", "permitted", "unless")


def restricts(text: str) -> bool:
    """Whether a text negates something, or says "only", which negates all else."""
    return any(token in NEGATIONS or token in ("only", "gratis") for token in tokens(text))


def plain(text: str) -> str:
    """With one word for each way to say "at most", "free of charge", "need not" and the like."""
    text = _CONTRACTED.sub(" not", text)
    for pattern, token in _PHRASES:
        text = pattern.sub(token, text)
    return text


def tokens(text: str) -> list[str]:
    """Words of the `plain` text, in lower case."""
    return words_of(plain(text))


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _count(tokens: Sequence[str]) -> int:
    return sum(token in NEGATIONS for token in tokens)


def _opposed(
    mine: Sequence[str], theirs: Sequence[str], left: frozenset[str], right: frozenset[str]
) -> tuple[str, str] | None:
    """A word of each, one from `left` and the other from `right`, where neither text has both."""
    for one, other in ((left, right), (right, left)):
        here, there = _first(mine, one), _first(theirs, other)
        if here and there and not _first(mine, other) and not _first(theirs, one):
            if {here, there} & NEGATIONS:
                continue  # it is counted already
            return here, there
    return None


def _first(tokens: Sequence[str], among: frozenset[str]) -> str:
    return next((token for token in tokens if token in among), "")


def said(token: str) -> str:
    """A token of a `plain` text as people write it."""
    return {"atmost": "at most", "atleast": "at least", "exempt": "need not", **_ENDS}.get(token, token)
