"""The generator that the settings ask for, what it reads, and who checks what it writes. Imports come late, as in
`bootstrap`."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from api.settings import AnswerSettings, EmbeddingSettings
from api.tuned import Abstention
from generation.ports import (
    Conflicts,
    ContextPacker,
    Entailment,
    EvidenceScorer,
    Generator,
    Lexicon,
    SectionReader,
    Verifier,
)
from ingest.ports import Embedder
from ingest.types import joined_text

if TYPE_CHECKING:
    from generation.evidence import SentenceEvidence
    from generation.generators.chat import ChatOptions
    from generation.generators.local.weights import LazyModel
    from retrieval.crossencoder import CrossEncoder
    from retrieval.http import Endpoint

BUILT_IN = "builtin"
"""`answers.nli_model` for the model that ships with Citewell."""
FAILURES, REST_S = 5, 30.0
"""So many in a row, and the server is left alone for so long."""
COUNT_S = 1.0
"""So long a server may take to count the tokens of a text."""


def build_language_model(chosen: AnswerSettings) -> "LazyModel | None":
    """The one that runs in this process, where the settings want one; it is loaded when it is first needed."""
    if chosen.generator != "transformers":
        return None
    from generation.generators.local.weights import Choice, LazyModel, load

    choice = Choice(chosen.model or "", chosen.device, chosen.precision, chosen.quantization)
    return LazyModel(choice.model, lambda: load(choice))


def build_generator(chosen: AnswerSettings, model: "LazyModel | None") -> Generator:
    """`model`: as `build_language_model` gives it."""
    if model:
        from generation.generators.local.generator import TransformersGenerator

        return TransformersGenerator(model, _options(chosen), chosen.batch_size)
    match chosen.generator:
        case "extractive":
            from generation.generators.extractive import ExtractiveGenerator

            return ExtractiveGenerator(chosen.max_sentences)
        case "openai":
            from generation.generators.breaker import CircuitBreaker
            from generation.generators.chat import ChatGenerator

            chat = ChatGenerator(chosen.url or "", chosen.model or "", _key(chosen), _options(chosen))
            return CircuitBreaker(chat, FAILURES, REST_S, time.monotonic)
    raise AssertionError(f"answers.generator {chosen.generator} needs a model")


def build_packer(
    chosen: AnswerSettings, model: "LazyModel | None", sections: SectionReader, closing: ExitStack
) -> ContextPacker:
    """`model`: as `build_language_model` gives it. `closing` takes what is to be closed at the end.

    Raises:
        UnavailableError: the tokenizer cannot be loaded.
    """
    from generation.context import Packer, Unlimited

    def text_of(key: str) -> str:
        return joined_text(sections.sections(key))

    if chosen.generator == "extractive":
        return Unlimited()
    if model:
        from generation.generators.local.generator import ModelPacker

        return ModelPacker(model, chosen.context_tokens, chosen.max_tokens, text_of)
    return Packer(chosen.context_tokens - chosen.max_tokens, _counter(chosen, closing), text_of)


def build_evidence(embedder: Embedder, lexicon: Lexicon, reader: "CrossEncoder | None") -> "SentenceEvidence":
    from generation.evidence import CONFIDENCE, WITH_CROSS_ENCODER, WITHOUT_CROSS_ENCODER, SentenceEvidence

    alone = WITHOUT_CROSS_ENCODER
    support, confidence = (WITH_CROSS_ENCODER, CONFIDENCE) if reader else (alone, alone)
    return SentenceEvidence(embedder, lexicon, reader, support, confidence)


def calibrated(evidence: EvidenceScorer, lexicon: Lexicon, fitted: Abstention | None) -> EvidenceScorer:
    """With the confidence that was fitted to the collection, where one was."""
    if fitted is None:
        return evidence
    from generation.confidence import CalibratedEvidence

    return CalibratedEvidence(evidence, lexicon, fitted.confidence)


def build_verifier(terms: Callable[[str], frozenset[int]], model: Entailment | None) -> Verifier:
    """`terms`: stems of a text as the index knows them."""
    from generation.verification.verifier import THRESHOLDS, PassageVerifier

    return PassageVerifier(terms, THRESHOLDS, model)


def build_conflicts(chosen: AnswerSettings, terms: Callable[[str], frozenset[int]]) -> Conflicts | None:
    if not chosen.conflicts:
        return None
    from generation.conflicts.finder import ConflictFinder

    return ConflictFinder(terms)


def build_entailment(chosen: AnswerSettings, embedding: EmbeddingSettings) -> Entailment | None:
    """Raises UnavailableError where the model cannot be loaded. It is large: share it among collections."""
    if not chosen.nli_model:
        return None
    from generation.verification.entailment import CrossEncoderEntailment, PairEntailment

    if chosen.nli_model == BUILT_IN:
        from retrieval.crossencoder import ENTAILMENT, CrossEncoder

        return PairEntailment(CrossEncoder(weights=ENTAILMENT, device=embedding.device, precision=embedding.precision))
    return CrossEncoderEntailment(chosen.nli_model, embedding.device, embedding.precision)


def _options(chosen: AnswerSettings) -> "ChatOptions":
    from generation.generators.chat import ChatOptions

    return ChatOptions(chosen.max_tokens, chosen.temperature, chosen.first_token_s, chosen.between_tokens_s)


def _counter(chosen: AnswerSettings, closing: ExitStack) -> Callable[[str], int]:
    if chosen.tokenizer:
        from retrieval.embedders.tokens import load_tokenizer, spans

        tokenizer = load_tokenizer(chosen.tokenizer, "answers.tokenizer")
        return lambda text: len(spans(tokenizer, text))
    from generation.tokens import ServerCount

    return ServerCount(_root(chosen, closing), chosen.model or "")


def _root(chosen: AnswerSettings, closing: ExitStack) -> "Endpoint":
    """The server without the version in its path: what counts tokens there is not part of OpenAI's protocol."""
    from retrieval.http import Endpoint, Server

    address = (chosen.url or "").rstrip("/").removesuffix("/v1")
    advice = "set answers.tokenizer"
    server = Server("The language model's server", address, advice, advice, advice, advice)
    endpoint = Endpoint(server, _key(chosen), COUNT_S, tries=1)
    closing.callback(endpoint.close)
    return endpoint


def _key(chosen: AnswerSettings) -> str | None:
    return chosen.api_key.get_secret_value() if chosen.api_key else None
