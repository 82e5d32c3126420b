"""How an index is built and kept; decided when a collection is made."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Quantization: TypeAlias = Literal["none", "int8", "4bit"]
Placement: TypeAlias = Literal["memory", "disk"]
_MANY = 300_000


@dataclass(frozen=True)
class IndexOptions:
    """
    Args:
        quantization: a smaller copy of the vectors that searches go through first: `int8` takes a quarter of them,
            `4bit` an eighth (Qdrant's TurboQuant). What they find is scored anew with the full vectors.
        vectors: where the full vectors are; from `disk` the system reads what a search touches.
        hnsw_m: edges of a vector in the graph.
        hnsw_ef_construct: candidates that are looked at while the graph is built.
        hnsw_ef: candidates that a search in the graph keeps: more is exacter and slower; None chooses by size.
        oversampling: how many times as many candidates quantized vectors propose, as far as the search keeps so many.
        shards, replicas, write_consistency: of a server collection; how many parts, how many copies of each, and
            how many copies must have taken a write before it is acknowledged.
    """

    quantization: Quantization = "none"
    vectors: Placement = "memory"
    hnsw_m: int = 24
    hnsw_ef_construct: int = 128
    hnsw_ef: int | None = None
    oversampling: float = 2.0
    shards: int = 1
    replicas: int = 1
    write_consistency: int = 1

    def ef(self, chunks: int) -> int:
        """Recall@10 of made-up chunks of 384 dimensions (`python -m eval.bench.scale`): 256 candidates find .996 of
        100,000 and .954 of a million, 384 .972 of a million."""
        return self.hnsw_ef or (256 if chunks < _MANY else 400)

    def oversampled(self, limit: int, chunks: int) -> float:
        """For a search of so many hits. Engines keep `limit` times this many candidates where that is more than `ef`:
        it would make a search for many hits slow, and no better."""
        return max(1.0, min(self.oversampling, self.ef(chunks) / max(limit, 1)))


USUAL = IndexOptions()
