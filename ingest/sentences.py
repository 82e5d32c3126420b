"""Sentences and tables of a text: rules for lines, and NLTK's Punkt model for English as llama-index-core ships it."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from ingest.errors import UnavailableError

_MODEL = "_static/nltk_cache/tokenizers/punkt_tab/english"
_ABBREVIATIONS = """abb al ca cl dept dipl eds eq est etc evtl excl ext fa fig figs gem gmbh hrs ing kap lfd max min mio
mrd o.ä para pp resp s.o s.u sec sect sog std str tel u.ä usw vol ziff"""
"""Beyond those that Punkt learnt; a capital letter may still begin a sentence after one."""
_MONTHS = "januar februar märz april mai juni juli august september oktober november dezember"
_NEVER_LAST = re.compile(
    r"(?<!\w)(?:abs|approx|bspw|bzgl|bzw|cf|d\.\s?h|dr|e\.\s?g|ggf|i\.\s?d\.\s?r|i\.\s?e|i\.\s?s|incl|inkl|lt"
    r"|mr|mrs|nr|prof|rev|u\.\s?a|u\.\s?u|vgl|vs|z\.\s?[bt]|zzgl)\.\Z",
    re.IGNORECASE,
)
_BEFORE_NUMBER = re.compile(r"(?<!\w)(?:app|art|ch|figs?|item|nos?|pp?|para|sect?|tab|vol)\.\Z", re.IGNORECASE)
_SPACED = re.compile(r"(?<!\w)[disuz]\.\s\w\.", re.IGNORECASE)
_LONGEST_ABBREVIATION = 10
_LABEL = re.compile(r"(?:[^\w\s]\s?)?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})[.)\]]{1,2}")
_MAY_END = re.compile(r"[.?!][^\s.?!]*\s|[。！？｡]")
_TAIL = re.compile(r"((?:\[\d{1,3}\]|[^\w\s])*+)\s+")
"""What stands without a blank behind a stop belongs to its sentence, though Punkt counts it to the next."""
_NOTE = re.compile(r"(?<=[.?!\"”'’)\]])[\u00b9\u00b2\u00b3\u2070-\u2079]+")
"""The number of a footnote behind a stop, which Punkt takes for a word."""
_WIDE_STOP = re.compile(r"[。！？｡]+[」』）】》〉”’]*\s*")
_CELLS = re.compile(r"(?<!\\)\|")
_VALUE = re.compile(r"(?:[A-Z]{3}\s)?[^\w|]*\d")
_YEAR = re.compile(r"(?:19|20)\d\d")


class Sentence(NamedTuple):
    """Offsets into a text, without surrounding white space; `is_row` where it is a row of a table."""

    start: int
    end: int
    is_row: bool


@dataclass(frozen=True)
class Table:
    """Rows of a table between two offsets of a text; `header` is the row with the names of the columns, or empty."""

    start: int
    end: int
    header: str


def sentences(text: str, headings: Collection[str] = ()) -> Iterator[Sentence]:
    """The sentences of `text`, in order.

    A blank line, a list item, a table row and a line that is one of `headings` end a sentence; any other line break
    inside a paragraph does not.

    Raises:
        UnavailableError: the Punkt model is not where llama-index-core keeps it.
    """
    for start, end, is_row in _blocks(text, headings):
        block = text[start:end]
        start += len(block) - len(block.lstrip())
        block = block.strip()
        if is_row or not _MAY_END.search(block):
            yield Sentence(start, start + len(block), is_row)
            continue
        for left, right in pairwise((0, *_cuts(block), len(block))):
            yield Sentence(start + left, start + left + len(block[left:right].rstrip()), False)


def sentence_spans(text: str, headings: Collection[str] = ()) -> list[tuple[int, int]]:
    """Spans `(start, end)` of `sentences`."""
    return [(start, end) for start, end, _ in sentences(text, headings)]


def seen_in_lower_case(word: str) -> bool:
    """True if the English texts that Punkt learnt from have a word, given in lower case, without a capital: most names
    are not.

    Raises:
        UnavailableError: as `sentences` does.
    """
    from nltk.tokenize.punkt import _ORTHO_LC

    return bool(_punkt()._params.ortho_context.get(word, 0) & _ORTHO_LC)


def tables(text: str) -> list[Table]:
    """The tables of `text`, in order; one line that is no row, such as the rest of a label, may stand in between."""
    found: list[Table] = []
    rows: list[tuple[int, int]] = []
    for start, end, is_row in _blocks(text, ()) if "|" in text else ():
        if not is_row:
            continue
        if rows and not _adjoins(text[rows[-1][1] : start]):
            found.append(_table(text, rows))
            rows = []
        rows.append((start + len(text[start:end]) - len(text[start:end].lstrip()), end))
    return [*found, _table(text, rows)] if rows else found


def row_cells(row: str) -> list[str]:
    """The texts of a row's cells; an escaped bar is none between them."""
    return [cell.strip() for cell in _CELLS.split(row.strip().removeprefix("|").removesuffix("|"))]


def holds_values(row: str) -> bool:
    """True if a cell holds a number; several years and no other number are names of columns."""
    values = [cell for cell in row_cells(row) if _VALUE.match(cell)]
    return len(values) == 1 or not all(map(_YEAR.fullmatch, values))


def _table(text: str, spans: Sequence[tuple[int, int]]) -> Table:
    first, *below = (text[start:end].strip() for start, end in spans)
    ruled = len(below) > 1 and not any(map(str.isalnum, below[0]))
    named = ruled or (not holds_values(first) and any(map(holds_values, below)))
    return Table(spans[0][0], spans[-1][1], first if named else "")


def _adjoins(between: str) -> bool:
    return not between or (len(between.splitlines()) == 1 and not between.isspace())


@cache
def _punkt() -> Any:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer  # takes a second

    parameters = PunktParameters()
    parameters.abbrev_types = {*_model("abbrev_types.txt"), *_ABBREVIATIONS.split()} - {"ok"}
    parameters.sent_starters = set(_model("sent_starters.txt"))
    contexts = (line.split("\t") for line in _model("ortho_context.tab"))
    parameters.ortho_context = defaultdict(int, {word: int(flags) for word, flags in contexts})
    parameters.collocations = {
        *(tuple(line.split("\t")) for line in _model("collocations.tab")),
        *(("##number##", month) for month in _MONTHS.split()),
    }
    return PunktSentenceTokenizer(parameters)


def _model(name: str) -> list[str]:
    """Lines of a file of the model; read here, since NLTK reads only below its own data folders."""
    spec = find_spec("llama_index.core")
    folder = next(iter((spec and spec.submodule_search_locations) or []), "")
    try:
        return Path(folder, _MODEL, name).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UnavailableError(f"The Punkt model cannot be read; reinstall llama-index-core: {error}") from error


def _cuts(block: str) -> list[int]:
    """Where in a block, which has no white space around it, a sentence begins; without its start."""
    block = _NOTE.sub(lambda note: "]" * len(note.group()), block)
    cuts = []
    for number, ((start, end), _) in enumerate(pairwise(_punkt().span_tokenize(block))):
        tail = _TAIL.match(block, end)
        if not tail or (number == 0 and _LABEL.fullmatch(block, start, end)):
            continue
        if tail.end() < len(block) and not _goes_on(block, tail.end(1), tail.end()):
            cuts.append(tail.end())
    wide = {found.end() for found in _WIDE_STOP.finditer(block)} - {len(block)}
    return sorted(wide.union(cuts))  # Punkt may part marks that one tail holds, which gives its end twice


def _goes_on(block: str, end: int, after: int) -> bool:
    """True if a sentence cannot end at `end`, though Punkt thinks so; the next word is at `after`."""
    if block[end - 1] == ".":
        return _abbreviated(block, end, block[after].isdigit()) or _SPACED.match(block, end - 2) is not None
    return block[end - 1] in ")]\"'”’»*_," and block[after].islower()


def _abbreviated(text: str, end: int, before_number: bool) -> bool:
    """True if an abbreviation that ends no sentence stands before `end`."""
    first = max(0, end - _LONGEST_ABBREVIATION)
    if before_number and _BEFORE_NUMBER.search(text, first, end):
        return True
    return _NEVER_LAST.search(text, first, end) is not None


def _blocks(text: str, headings: Collection[str]) -> Iterator[tuple[int, int, bool]]:
    """Start and end of runs of lines that may share a sentence, and whether it is a row of a table."""
    lines = text.splitlines(keepends=True)
    bare = [line.strip() for line in lines]
    start = offset = 0
    previous, was_row = "", False
    for number, line in enumerate(bare):
        is_row = "|" in line and _is_row(bare, number)
        if is_row or was_row or previous in headings or _breaks(previous, line):
            if previous:
                yield start, offset, was_row
            start = offset
        previous, was_row = line, is_row
        offset += len(lines[number])
    if previous:
        yield start, len(text), was_row


def _is_row(lines: Sequence[str], number: int) -> bool:
    """A row begins with `|`, or has one between blanks as has another line of its paragraph, two lines away at most."""
    if lines[number].startswith("|"):
        return True
    return " | " in lines[number] and (_pipe_near(lines, number, -1) or _pipe_near(lines, number, 1))


def _pipe_near(lines: Sequence[str], number: int, step: int) -> bool:
    for place in (number + step, number + 2 * step):
        if not 0 <= place < len(lines) or not lines[place]:
            return False
        if lines[place].startswith("|") or " | " in lines[place]:
            return True
    return False


def _breaks(previous: str, line: str) -> bool:
    """True if a sentence cannot run from one line to the next."""
    if not previous or not line:
        return True
    first = line.split(maxsplit=1)[0]
    starts_item = line[0] in "-*•–▪◦‣" or (len(first) > 1 and first[:-1].isdigit() and first[-1] in ".)")
    if starts_item or not line[0].isupper():
        return starts_item
    return previous[-1] in "!?:;" or (previous[-1] == "." and not _abbreviated(previous, len(previous), False))
