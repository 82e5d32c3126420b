"""Embedding models: one file an adapter, wrappers beside them."""
