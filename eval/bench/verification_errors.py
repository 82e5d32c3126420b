"""Errors that a language model might make, planted into correct sentences by rules with a seeded chance.

The rules know nothing of the checks that look for the errors. Each gives a wrong sentence, or None where a change of
its kind makes no sense.
"""

import random
import re
from collections.abc import Callable, Sequence

from eval.bench.verification_data import Row

Rule = Callable[[Row, Sequence[Row], random.Random], str | None]

_NUMBER = re.compile(r"(?<![\w.,:])\d+(?:[.,:]\d+)*(?![\w]|[.,:]\d)")
_WORDS = """two three four five six seven eight nine ten eleven twelve fourteen fifteen twenty thirty sixty
ninety"""
_NUMBER_WORDS = _WORDS.split()
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b")
_CAPITALS = r"[A-ZÀ-Þ][\w’'-]+(?: [A-ZÀ-Þ][\w’'-]+)*"
_NAME = re.compile(rf"(?<=[a-zà-ÿ,] )(?:{_CAPITALS})")
_NO_NAME = re.compile(r"^(?:I|The|Yes|No|If|In|On|At|For|With)$")
_AUXILIARY = re.compile(
    r"\b(?:may|must|can|should|will|is|are|was|were|has to|have to|could)\b(?! (?:not|only|never|no|up|at most)\b|n't)"
)
_REMOVALS = (
    (r"\bcannot\b", "can"),
    (r"\bcan't\b", "can"),
    (r"\b(?:do|does|did|need) not (?=\w)", ""),
    (r"(?<=\w) not(?= )", ""),
    (r"(?<=\w) never(?= )", ""),
    (r"^(?:There is|There are) no\b", "There is a"),
    (r"\bno longer\b", "still"),
    (r"(?<=\w) no (?!longer|matter|more)(?=\w)", " a "),
    (r"\bwithout\b", "with"),
    (r"\bunless\b", "if"),
    (r"\bexcept\b", "including"),
    (r"^None of\b", "All of"),
)
_OPPOSITES = (
    ("before", "after"),
    ("at most", "at least"),
    ("up to", "at least"),
    ("above", "below"),
    ("over", "under"),
    ("more than", "less than"),
    ("more", "fewer"),
    ("increases", "reduces"),
    ("increased", "decreased"),
    ("rose", "fell"),
    ("dropped", "rose"),
    ("allowed", "forbidden"),
    ("permitted", "prohibited"),
    ("included", "excluded"),
    ("first", "last"),
    ("starts", "ends"),
    ("begins", "ends"),
    ("opens", "closes"),
    ("higher", "lower"),
    ("accepted", "rejected"),
    ("approved", "rejected"),
)
_MODALS = (("may", "must"), ("can", "must"), ("must", "may"), ("has to", "may"), ("have to", "may"))


def new_number(row: Row, rows: Sequence[Row], chance: random.Random) -> str | None:
    """A number becomes one that the passage does not hold."""
    there = _digits(row.hit.chunk.text) | _digits(row.hit.chunk.context)
    if found := _pick(_NUMBER, row.sentence, chance):
        return _put(row.sentence, found, _other_number(found.group(), there, chance))
    if found := _pick(_NUMBER_WORD, row.sentence, chance):
        said = set(_NUMBER_WORD.findall(row.hit.chunk.text.casefold()))
        wrong = [word for word in _NUMBER_WORDS if word not in said and str(_NUMBER_WORDS.index(word) + 2) not in there]
        return _put(row.sentence, found, chance.choice(wrong))
    return None


def number_of_passage(row: Row, rows: Sequence[Row], chance: random.Random) -> str | None:
    """A number becomes another one of the same passage that looks alike: a time a time, an amount an amount."""
    found = _pick(_NUMBER, row.sentence, chance)
    if not found:
        return None
    said = _digits(row.sentence)
    others = [
        other
        for other in dict.fromkeys(_NUMBER.findall(row.hit.chunk.text))
        if other not in said and (":" in other) == (":" in found.group())
    ]
    return _put(row.sentence, found, chance.choice(others)) if others else None


def name_of_passage(row: Row, rows: Sequence[Row], chance: random.Random) -> str | None:
    """A name, or what a row of a table is about, becomes another of the same passage."""
    return _swap_name(row, _names(row), chance)


def name_of_another(row: Row, rows: Sequence[Row], chance: random.Random) -> str | None:
    """A name becomes one of another passage."""
    text = f"{row.hit.chunk.context}\n{row.hit.chunk.text}"
    foreign = [
        name for other in chance.sample(list(rows), min(20, len(rows))) for name in _names(other) if name not in text
    ]
    return _swap_name(row, foreign, chance)


def negation(row: Row, rows: Sequence[Row], chance: random.Random) -> str | None:
    """One is put in or taken out."""
    removed = [re.sub(pattern, new, row.sentence, count=1) for pattern, new in _REMOVALS]
    changed = [text for text in removed if text != row.sentence]
    if found := _pick(_AUXILIARY, row.sentence, chance):
        changed.append(_put(row.sentence, found, f"{found.group()} not"))
    return chance.choice(changed) if changed else None


def opposite(row: Row, rows: Sequence[Row], chance: random.Random) -> str | None:
    """A word becomes its opposite."""
    pairs = [*_OPPOSITES, *((right, left) for left, right in _OPPOSITES)]
    swaps = [re.sub(rf"(?<!look )(?<!looks )\b{left}\b", right, row.sentence, count=1) for left, right in pairs]
    changed = [text for text in swaps if text != row.sentence]
    return chance.choice(changed) if changed else None


def modality(row: Row, rows: Sequence[Row], chance: random.Random) -> str | None:
    """A choice becomes a duty, or the other way round."""
    swaps = [re.sub(rf"\b{left}\b(?! (?:not|only|never)\b)", right, row.sentence, count=1) for left, right in _MODALS]
    changed = [text for text in swaps if text != row.sentence]
    return chance.choice(changed) if changed and not re.search(r"\b(?:not?|never)\b", row.sentence) else None


def invented(row: Row, rows: Sequence[Row], chance: random.Random) -> str | None:
    """What another passage of the same field says."""
    others = [one.sentence for one in rows if one.file == row.file and one.hit is not row.hit]
    others = others or [one.sentence for one in rows if one.hit is not row.hit]
    return chance.choice(others) if others else None


RULES: dict[str, Rule] = {
    "number, new": new_number,
    "number, of the passage": number_of_passage,
    "name, of another passage": name_of_another,
    "name, of the passage": name_of_passage,
    "negation": negation,
    "opposite": opposite,
    "modality": modality,
    "other sentence": invented,
}


def _pick(pattern: re.Pattern[str], text: str, chance: random.Random) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return chance.choice(found) if found else None


def _put(text: str, found: re.Match[str], new: str) -> str:
    return text[: found.start()] + new + text[found.end() :]


def _digits(text: str) -> set[str]:
    return {number.replace(",", "") for number in _NUMBER.findall(text)} | set(_NUMBER.findall(text))


def _other_number(number: str, there: set[str], chance: random.Random) -> str:
    """With other digits, in the same form."""
    while True:
        digits = [str(chance.randint(1, 5)) if char.isdigit() else char for char in number]
        new = "".join(digits)
        if new not in there and new.replace(",", "") not in there:
            return new
        number += "3" if ":" not in number and len(number) < 3 else ""


def _names(row: Row) -> list[str]:
    """What is written with capitals inside the sentences of the passage, and the first cells of its table."""
    text = row.hit.chunk.text
    cells = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")][2:]
    named = [cell for cell in cells if cell[:1].isalpha() and len(cell) > 2]
    return list(dict.fromkeys([*named, *(name for name in _NAME.findall(text) if not _NO_NAME.match(name))]))


def _swap_name(row: Row, others: Sequence[str], chance: random.Random) -> str | None:
    here = [name for name in _names(row) if re.search(rf"\b{re.escape(name)}\b", row.sentence, re.IGNORECASE)]
    wrong = [name for name in dict.fromkeys(others) if not any(_overlap(name, row.sentence, one) for one in here)]
    if not here or not wrong:
        return None
    name = max(chance.sample(here, len(here)), key=len)
    return re.sub(rf"\b{re.escape(name)}\b", chance.choice(wrong), row.sentence, count=1, flags=re.IGNORECASE)


def _overlap(name: str, sentence: str, one: str) -> bool:
    """A name that shares a word with the one it would replace, or stands in the sentence already."""
    words = set(name.casefold().split())
    return name.casefold() in sentence.casefold() or bool(words & set(one.casefold().split()))
