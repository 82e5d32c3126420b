"""What an index was made with. Opening it with anything else would rank nonsense, so it is refused."""

import json
from dataclasses import asdict, dataclass, field, replace

from ingest.errors import IndexMismatchError
from retrieval.store.bm25 import Bm25Parameters
from retrieval.store.layout import LAYOUT_VERSION


@dataclass(frozen=True)
class Identity:
    """Name and dimension of the embedding model, BM25 parameters and version of the point layout; `weights` names the
    model's weights where it is a folder, whose content may change. None: unknown."""

    model: str
    dimension: int
    bm25: Bm25Parameters = field(default_factory=Bm25Parameters)
    layout: int = LAYOUT_VERSION
    weights: str | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    def __str__(self) -> str:
        bm25 = f"k1={self.bm25.k1:g} b={self.bm25.b:g} avg_len={self.bm25.avg_len:g} {self.bm25.language}"
        weights = f"; weights {self.weights}" if self.weights else ""
        return f"{self.model} ({self.dimension} dimensions; BM25 {bm25}; layout {self.layout}{weights})"


def check_identity(stored: str | None, wanted: Identity, where: str) -> Identity:
    """Compare what `Identity.to_json` left at `where` with what the settings want. Gives what it left: in an older
    index, scripts without spaces are not cut into words, and queries must not be either.

    Raises:
        IndexMismatchError: they differ, or what is stored is no identity.
    """
    found = _parse(stored)
    if found and _compatible(found, wanted):
        return found
    raise IndexMismatchError(
        f"The index {where} was made with {found or 'something unknown'}, the settings ask for {wanted}: "
        "use the settings it was made with (no setting brings an older layout back), or choose another --collection or "
        "another --data folder and ingest again."
    )


def _compatible(found: Identity, wanted: Identity) -> bool:
    bm25 = replace(found.bm25, grams=wanted.bm25.grams)
    alike = replace(found, bm25=bm25, weights=None) == replace(wanted, weights=None)
    return alike and (found.weights == wanted.weights or None in (found.weights, wanted.weights))


def _parse(stored: str | None) -> Identity | None:
    try:
        values = json.loads(stored or "")
        return Identity(**{**values, "bm25": Bm25Parameters(**{"grams": False, **values["bm25"]})})
    except (ValueError, TypeError, KeyError):
        return None
