"""What is known of an answer becomes its trace."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import JsonValue

from api.models import Models
from api.schemas import hit_out
from api.schemas_answers import CitationOut, UsageOut, VerificationOut
from api.settings import Settings
from api.traces.course import Course
from api.traces.schemas import MessageOut, QuoteOut, TracedHit, TraceOut
from api.tuned import Tuned
from api.version import citewell_version
from generation.pricing import cost
from generation.prompting import messages
from generation.types import Answer, Prompt, Provenance, Usage
from ingest.errors import CitewellError
from retrieval.store.layout import LAYOUT_VERSION
from retrieval.types import Hit

DECIDING = frozenset({"embedding", "bm25", "retrieval", "rewriting", "answers"})
"""Sections of the settings on which an answer hangs."""
_HIDDEN = ("api_key", "price_per_million_input", "price_per_million_output")


def trace_of(models: Models, course: Course) -> TraceOut:
    answer = course.answer or _nothing(models, course)
    came = answer.provenance or Provenance((), (), None, "")
    settings = deciding(models.settings, course.tuned)
    return TraceOut(
        id=course.id,
        created_at=course.at,
        outcome=course.outcome,
        collection=course.asked.collection,
        query=course.query,
        model=answer.model,
        confidence=answer.confidence,
        total_ms=round(course.total_ms, 2),
        tenant=course.access.tenant,
        groups=list(course.access.groups),
        asked=course.asked,
        error=course.error,
        hits=_hits(came.found),
        read=[] if answer.refused else [hit.chunk.id for hit in answer.hits],
        omitted=answer.omitted,
        quotes=[QuoteOut.model_validate(quote) for quote in came.quotes],
        prompt=_prompt(models.settings, came.prompt),
        written=came.written,
        text=course.text,
        refused=answer.refused,
        citations=[CitationOut.model_validate(one) for one in answer.citations],
        verification=VerificationOut.model_validate(answer.verification) if answer.verification else None,
        generator=models.settings.answers.generator,
        fingerprint=fingerprint(settings),
        settings=settings,
        versions=_versions(models),
        timings={"prepare_ms": round(course.prepare_ms, 2), **answer.timings},
        usage=UsageOut.model_validate(answer.usage),
        cost=_cost(models.settings, answer.usage, came.prompt),
        recalled=None if course.recalled is None else list(course.recalled),
    )


def deciding(settings: Settings, tuned: Tuned) -> dict[str, JsonValue]:
    """`section.key` -> value, without secrets, and what is fitted to the collection."""
    # How its server is started may hold keys, and answers hang on what runs, not on who started it.
    dumped = settings.model_dump(mode="json", include=set(DECIDING), exclude={"answers": {"serve"}})
    abstention = tuned.abstention
    fitted: dict[str, JsonValue] = {
        "retrieval.tuned.dense_weight": tuned.dense_weight,
        "answers.tuned.confidence": asdict(abstention.confidence) if abstention else None,
        "answers.tuned.min_confidence": abstention.min_confidence if abstention else None,
    }
    return {**dict(_flat(dumped)), **fitted}


def fingerprint(settings: Mapping[str, JsonValue]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def _flat(sections: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, JsonValue]]:
    for section, values in sections.items():
        for key, value in values.items():
            if key not in _HIDDEN:
                yield f"{section}.{key}", _without_user(value) if key == "url" and value else value


def _without_user(url: str) -> str:
    """An address may hold a name and a password."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else rest


def _nothing(models: Models, course: Course) -> Answer:
    return Answer(course.text, (), (), 0.0, False, course.id, models.generator.name)


def _hits(found: Iterable[Hit]) -> list[TracedHit]:
    return [
        TracedHit(**hit_out(hit).model_dump(), rank=rank, revision=hit.chunk.revision, context=hit.chunk.context)
        for rank, hit in enumerate(found, start=1)
    ]


def _prompt(settings: Settings, prompt: Prompt | None) -> list[MessageOut] | None:
    if prompt is None or settings.answers.generator == "extractive":
        return None
    return [MessageOut(**message) for message in messages(prompt)]


def _versions(models: Models) -> dict[str, str]:
    return {
        "citewell": citewell_version(),
        "embedding model": _embedding(models),
        "index layout": str(LAYOUT_VERSION),
    }


def _embedding(models: Models) -> str:
    try:
        return f"{models.embedder.name} ({models.embedder.dimension} dimensions)"
    except CitewellError:  # that it cannot be had may be why there is no answer
        return models.settings.embedding.model


def _cost(settings: Settings, usage: Usage, prompt: Prompt | None) -> float | None:
    """None, too, where a language model was asked and its server counts no tokens."""
    chosen = settings.answers
    if chosen.generator == "extractive" or prompt is None:
        return 0.0
    counted = usage.prompt_tokens or usage.completion_tokens
    return cost(usage, chosen.price_per_million_input, chosen.price_per_million_output) if counted else None
