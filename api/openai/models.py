"""The model that the server answers with. The one that it searches with has no route here."""

from fastapi import APIRouter

from api.dependencies import ServicesOf
from api.openai.schemas import ListOut, ModelOut
from api.settings import Settings
from ingest.errors import NotFoundError

router = APIRouter(prefix="/v1/models", tags=["OpenAI"])


@router.get("")
def models(services: ServicesOf) -> ListOut[ModelOut]:
    """The generator of answers."""
    return ListOut(data=[_model(services.settings)])


@router.get("/{model_id:path}")
def model(model_id: str, services: ServicesOf) -> ModelOut:
    """One model."""
    found = _model(services.settings)
    if model_id != found.id:
        raise NotFoundError(f"There is no model {model_id!r}; there is {found.id}.")
    return found


def _model(settings: Settings) -> ModelOut:
    return ModelOut(id=generator_name(settings), created=0, owned_by="citewell")


def generator_name(settings: Settings) -> str:
    """What answers say that they were written by."""
    chosen = settings.answers
    return chosen.model if chosen.generator != "extractive" and chosen.model else chosen.generator


def is_generator(name: str, settings: Settings) -> bool:
    """A model of this process may be called by what runs it, too."""
    chosen = settings.answers
    return name == generator_name(settings) or name == chosen.generator == "transformers"
