"""Tables in which a document names its own attributes: "No. | Edition | Valid from" above one row of values."""

import re
from collections.abc import Iterator

from ingest.sentences import row_cells, tables

_WORD = re.compile(r"[^\W_]+")
_NAMES = """document policy guideline handbook manual procedure instruction title id no number ref
reference version revision rev department page pages replaces supersedes edition issue author editor owner
approver responsible status state language class classification approved approval released release issued
published publication reviewed review created changed change updated update modified date day due valid validity
effective expires expiry expiration force effect start end dokument richtlinie handbuch anweisung titel nr
nummer referenz fassung auflage ausgabe stand verfasser autor ersteller bearbeiter abteilung seite seiten
ersetzt eigentümer verantwortlich verantwortliche verantwortlicher sprache geprüft prüfung freigabe freigegeben
genehmigt veröffentlicht erstellt geändert änderung aktualisiert datum tag gültig gültigkeit kraft inkrafttreten
beginn ende and by from in into last next of on since the till to until through as ab am bis der des die durch
letzte nächste seit und vom von zum"""
_ATTRIBUTES = frozenset(_NAMES.split())
"""Words of which the names of such columns consist."""


def attributes(text: str) -> Iterator[str]:
    """Each column as a line "name: value". Several rows are a history, and a row below other names ("Tariff") is about
    something that the document speaks of."""
    for table in tables(text):
        lines = text[table.start : table.end].splitlines()
        rows = [row_cells(line) for line in lines if any(map(str.isalnum, line))]
        if table.header and len(rows) == 2 and all(map(_is_attribute, rows[0])):
            yield from (f"{name}: {value}" for name, value in zip(*rows, strict=False))


def _is_attribute(name: str) -> bool:
    words = _WORD.findall(name.casefold())
    return bool(words) and _ATTRIBUTES.issuperset(words)
