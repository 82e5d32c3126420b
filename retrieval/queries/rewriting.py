"""A question as people write it becomes a search query."""

from ingest.errors import InvalidError
from retrieval.queries.conversation import TextModel, first_line

PROMPT = (
    "Rewrite the message below as one short search query for a company's knowledge base: keep names, numbers and "
    "terms, leave out greetings and filler words. Keep its language. Reply with the query and nothing else.\n\n"
    "Message: {text}"
)
_MAX_TOKENS = 80


def rewritten(text: str, model: TextModel | None) -> str:
    """The text itself where the model says nothing.

    Raises:
        InvalidError: there is no model.
        UnavailableError: the model does not answer.
    """
    if model is None:
        raise InvalidError(
            "rewrite_query needs a language model: set rewriting.url and rewriting.model, or leave rewrite_query out."
        )
    return first_line(model.complete(PROMPT.format(text=" ".join(text.split())), _MAX_TOKENS)) or text
