"""Acronyms are searched for with what they stand for, as the documents themselves explain it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from retrieval.ports import Searcher
from retrieval.queries.exact import outside_quotes
from retrieval.types import Hit, Query

_SHORT = re.compile(r"(?<![\w-])[A-Z][A-Za-z]?[A-Z&]{1,8}s?(?![\w-])")
_MOST_LONG_FORMS = 2
_CALM = 2
"""Words, up to which capitals alone tell acronyms: "VPN" and "VPN MTU" are none shouted."""


class AcronymReader(Protocol):
    def long_forms(
        self, collection: str, tenant: str, groups: Iterable[str], acronyms: Iterable[str]
    ) -> Mapping[str, tuple[str, ...]]:
        """Acronym -> what it stands for in documents that the reader may read, most frequent first."""
        ...


class AcronymSearcher:
    """Port `Searcher` round another one: "Who is the CISO?" is searched for as "Who is the CISO (Chief Information
    Security Officer)?". A question that is all in capitals is left alone: its words may be none."""

    def __init__(self, inner: Searcher, catalog: AcronymReader) -> None:
        self._inner, self._catalog = inner, catalog

    def search(self, query: Query) -> list[Hit]:
        found = set() if _shouts(query.text) else set(_SHORT.findall(query.text))
        known = self._catalog.long_forms(query.collection, query.tenant, query.groups, found) if found else {}
        return self._inner.search(replace(query, text=spelled_out(query.text, known)) if known else query)


def _shouts(text: str) -> bool:
    return len(text.split()) > _CALM and not any(map(str.islower, text))


def spelled_out(text: str, long_forms: Mapping[str, tuple[str, ...]]) -> str:
    """`text` with what each acronym stands for behind it, unless it says so already."""

    def explained(match: re.Match[str]) -> str:
        forms = [one for one in long_forms.get(match[0], ()) if one.casefold() not in text.casefold()]
        return f"{match[0]} ({', '.join(forms[:_MOST_LONG_FORMS])})" if forms else match[0]

    return outside_quotes(text, lambda piece: _SHORT.sub(explained, piece))
