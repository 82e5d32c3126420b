"""Index options as a Qdrant server takes them."""

from typing import Any, TypeAlias

from qdrant_client import models

from retrieval.store import layout
from retrieval.store.options import IndexOptions

_Quantized: TypeAlias = models.ScalarQuantization | models.TurboQuantization


def config(dimension: int, options: IndexOptions) -> dict[str, Any]:
    """Arguments of `create_collection`."""
    threshold = layout.scan_kilobytes(dimension)
    vectors = models.VectorParams(size=dimension, distance=models.Distance.COSINE, on_disk=options.vectors == "disk")
    return {
        "vectors_config": {layout.DENSE: vectors},
        "sparse_vectors_config": {layout.BM25: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        "hnsw_config": models.HnswConfigDiff(
            m=options.hnsw_m, ef_construct=options.hnsw_ef_construct, full_scan_threshold=threshold
        ),
        "optimizers_config": models.OptimizersConfigDiff(indexing_threshold=threshold),
        "quantization_config": _quantized(options),
        "shard_number": options.shards,
        "replication_factor": options.replicas,
        "write_consistency_factor": options.write_consistency,
    }


def search_params(options: IndexOptions, chunks: int, limit: int) -> models.SearchParams:
    """Without quantized vectors a server passes over what is said of them."""
    rescored = models.QuantizationSearchParams(rescore=True, oversampling=options.oversampled(limit, chunks))
    return models.SearchParams(hnsw_ef=options.ef(chunks), quantization=rescored)


def _quantized(options: IndexOptions) -> _Quantized | None:
    match options.quantization:
        case "none":
            return None
        case "int8":
            int8 = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
            return models.ScalarQuantization(scalar=int8)
        case "4bit":
            return models.TurboQuantization(
                turbo=models.TurboQuantQuantizationConfig(bits=models.TurboQuantBitSize.BITS4, always_ram=True)
            )
