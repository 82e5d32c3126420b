"""The models that the settings name, each loaded when it is first needed."""

from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from api import answering
from api.settings import Settings
from generation.ports import Entailment, Generator
from ingest.ports import Embedder
from retrieval.ports import PairScorer

if TYPE_CHECKING:
    from generation.generators.local.weights import LazyModel
    from retrieval.crossencoder import CrossEncoder
    from retrieval.llm import ChatModel


class Models:
    """
    Args:
        embedder: used instead of the model that the settings name.
    """

    def __init__(self, settings: Settings, embedder: Embedder | None) -> None:
        self.settings, self._embedder = settings, embedder
        self._closing = ExitStack()

    @cached_property
    def embedder(self) -> Embedder:
        if self._embedder:
            return self._embedder
        from api.embedding import build_embedder

        return build_embedder(self.settings.embedding, self.settings.data / "models", self._closing)

    @cached_property
    def cross_encoder(self) -> "CrossEncoder | None":
        if not self.settings.answers.cross_encoder:
            return None
        from retrieval.crossencoder import CrossEncoder

        chosen = self.settings.embedding
        return CrossEncoder(device=chosen.device, precision=chosen.precision)

    @cached_property
    def reranker(self) -> PairScorer | None:
        chosen = self.settings.retrieval.reranker
        if not chosen:
            return None
        from retrieval.rerankers import SentenceTransformersReranker

        embedding = self.settings.embedding
        return SentenceTransformersReranker(chosen, embedding.device, embedding.precision)

    @cached_property
    def entailment(self) -> Entailment | None:
        return answering.build_entailment(self.settings.answers, self.settings.embedding)

    @cached_property
    def rewriting_model(self) -> "ChatModel | None":
        chosen = self.settings.rewriting
        if not chosen.url or not chosen.model:
            return None
        from retrieval.llm import ChatModel

        key = chosen.api_key.get_secret_value() if chosen.api_key else None
        model = ChatModel(chosen.url, chosen.model, key, timeout_s=chosen.timeout_s, tries=2)
        self._closing.callback(model.close)
        return model

    @property
    def reads_history(self) -> bool:
        """Whether anything makes follow-up questions stand alone."""
        return self.settings.rewriting.rules or self.rewriting_model is not None

    @cached_property
    def generator(self) -> Generator:
        return answering.build_generator(self.settings.answers, self.language_model)

    @cached_property
    def language_model(self) -> "LazyModel | None":
        """Shared by what writes with it and what counts its tokens."""
        return answering.build_language_model(self.settings.answers)
