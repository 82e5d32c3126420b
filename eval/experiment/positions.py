"""Where chunks and gold spans stand, in one system of coordinates."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from api.bootstrap import Collection, Services
from eval.datasets.lines import utf8_text
from eval.experiment.sets import Case, EvaluationSet
from eval.metrics.spans import Span
from ingest.errors import InvalidError
from ingest.types import joined_text
from retrieval.types import Hit


@dataclass(frozen=True)
class Positions:
    """Parsers may change white space, so characters are counted without it: `raw[name][i]` and `indexed[name][i]` are
    how many stand before character i of the file and of the text that was read from it."""

    raw: Mapping[str, NDArray[np.int64]]
    indexed: Mapping[str, NDArray[np.int64]]

    def of_hit(self, hit: Hit) -> Span:
        chunk = hit.chunk
        counts = self.indexed[chunk.source]
        return chunk.source, int(counts[chunk.char_start]), int(counts[chunk.char_end])

    def of_case(self, case: Case) -> list[Span]:
        """Raises InvalidError where a document of the evidence is not indexed."""
        spans = [(one.document, one.raw_span) for one in case.evidence if one.raw_span]
        for name, _ in spans:
            if name not in self.raw:
                raise InvalidError(f"{name} could not be indexed, but question {case.id!r} needs it; mend the file.")
        return [(name, int(self.raw[name][start]), int(self.raw[name][end])) for name, (start, end) in spans]


def positions_for(dataset: EvaluationSet, services: Services, collection: Collection) -> Positions | None:
    """None where the set is none of spans. Raises InvalidError where it and the index do not fit together."""
    if dataset.raw_documents is None:
        return None
    found = positions_of(dataset.raw_documents, services, collection)
    for case in dataset.cases:
        found.of_case(case)
    return found


def positions_of(documents: Path, services: Services, collection: Collection) -> Positions:
    """Raises InvalidError where an index holds other characters than the raw document."""
    raw, indexed = {}, {}
    for entry in services.catalog.page(collection.name, services.settings.access.tenant):
        written = utf8_text(documents / entry.source)
        read = joined_text(services.catalog.sections(entry.id))
        if "".join(written.split()) != "".join(read.split()):
            raise InvalidError(f"The parser changes the characters of {entry.source}; a span set needs plain text.")
        raw[entry.source], indexed[entry.source] = _counts(written), _counts(read)
    return Positions(raw, indexed)


def _counts(text: str) -> NDArray[np.int64]:
    """Shape (len(text) + 1,): characters before each place, without white space."""
    return np.cumsum([0, *(not character.isspace() for character in text)])
