"""Models that the server answers and searches with."""

from fastapi import APIRouter

from api.dependencies import ServicesOf
from api.openai.schemas import ListOut, ModelOut
from api.settings import Settings
from ingest.errors import NotFoundError

router = APIRouter(prefix="/v1/models", tags=["OpenAI"])


@router.get("")
def models(services: ServicesOf) -> ListOut[ModelOut]:
    """The generator of answers and the embedding model."""
    return ListOut(data=_models(services.settings))


@router.get("/{model_id:path}")
def model(model_id: str, services: ServicesOf) -> ModelOut:
    """One model."""
    found = {one.id: one for one in _models(services.settings)}
    if model_id not in found:
        raise NotFoundError(f"There is no model {model_id!r}; there are {' and '.join(found)}.")
    return found[model_id]


def _models(settings: Settings) -> list[ModelOut]:
    names = (generator_name(settings), settings.embedding.model)
    return [ModelOut(id=name, created=0, owned_by="citewell") for name in names]


def generator_name(settings: Settings) -> str:
    """What answers say that they were written by."""
    chosen = settings.answers
    return chosen.model if chosen.generator != "extractive" and chosen.model else chosen.generator


def is_generator(name: str, settings: Settings) -> bool:
    """A model of this process may be called by what runs it, too."""
    chosen = settings.answers
    return name == generator_name(settings) or name == chosen.generator == "transformers"
