"""Index options as the embedded engine takes them."""

from typing import TypeAlias

import qdrant_edge as qdrant

from retrieval.store import layout
from retrieval.store.options import IndexOptions

_Quantized: TypeAlias = qdrant.ScalarQuantizationConfig | qdrant.TurboQuantQuantizationConfig


def config(dimension: int, options: IndexOptions) -> qdrant.EdgeConfig:
    threshold = layout.scan_kilobytes(dimension)
    placement = qdrant.Memory.Cold if options.vectors == "disk" else qdrant.Memory.Cached
    vectors = qdrant.EdgeVectorParams(
        dimension, qdrant.Distance.Cosine, memory=placement, quantization_config=_quantized(options)
    )
    return qdrant.EdgeConfig(
        vectors={layout.DENSE: vectors},
        sparse_vectors={layout.BM25: qdrant.EdgeSparseVectorParams(modifier=qdrant.Modifier.Idf)},
        hnsw_config=qdrant.HnswIndexConfig(options.hnsw_m, options.hnsw_ef_construct, full_scan_threshold=threshold),
        optimizers=qdrant.EdgeOptimizersConfig(indexing_threshold=threshold, default_segment_number=1),
        wal_enabled=True,
    )


def payload_index(field: str) -> qdrant.KeywordIndexParams:
    """What every query is checked by is kept in memory; of the rest the system keeps what is used."""
    checked = field in (layout.TENANT, layout.READERS)
    memory = qdrant.Memory.Pinned if checked else qdrant.Memory.Cached
    return qdrant.KeywordIndexParams(is_tenant=field == layout.TENANT, memory=memory)


def search_params(options: IndexOptions, chunks: int, limit: int) -> qdrant.SearchParams:
    """Without quantized vectors the engine passes over what is said of them."""
    rescored = qdrant.QuantizationSearchParams(rescore=True, oversampling=options.oversampled(limit, chunks))
    return qdrant.SearchParams(hnsw_ef=options.ef(chunks), quantization=rescored)


def _quantized(options: IndexOptions) -> _Quantized | None:
    match options.quantization:
        case "none":
            return None
        case "int8":
            return qdrant.ScalarQuantizationConfig(qdrant.ScalarType.Int8, quantile=0.99, memory=qdrant.Memory.Cached)
        case "4bit":
            return qdrant.TurboQuantQuantizationConfig(bits=qdrant.TurboQuantBitSize.Bits4, memory=qdrant.Memory.Cached)
