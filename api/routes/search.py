"""Search and answers."""

from fastapi import APIRouter

from api import operations
from api.dependencies import AccessOf, ServicesOf
from api.schemas import AnswerIn, SearchIn, SearchOut
from api.schemas_answers import AnswerOut, LostAnswer

router = APIRouter(prefix="/v1", tags=["search"])


@router.post("/search")
async def search(body: SearchIn, services: ServicesOf, access: AccessOf) -> SearchOut:
    """The passages that match best, with the score of each branch."""
    return await operations.search(services, body, access)


_LOST: dict[int | str, dict[str, object]] = {
    status: {
        "description": "The language model failed; RFC 9457 problem details with what was found",
        "content": {"application/problem+json": {"schema": LostAnswer.model_json_schema()}},
    }
    for status in (503, 504)
}


@router.post("/answers", responses=_LOST)
async def answers(body: AnswerIn, services: ServicesOf, access: AccessOf) -> AnswerOut:
    """An answer whose every sentence is cited, or a refusal with the nearest passages."""
    return await operations.answer(services, body, access)
