"""A question as people write it becomes a search query."""

from typing import Protocol

from ingest.errors import InvalidError

PROMPT = (
    "Rewrite the message below as one short search query for a company's knowledge base: keep names, numbers and "
    "terms, leave out greetings and filler words. Keep its language. Reply with the query and nothing else.\n\n"
    "Message: {text}"
)
_MAX_TOKENS, _LONGEST = 80, 1_000


class TextModel(Protocol):
    def complete(self, prompt: str, max_tokens: int) -> str:
        """The reply. Raises UnavailableError."""
        ...


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
    reply = model.complete(PROMPT.format(text=" ".join(text.split())), _MAX_TOKENS)
    lines = (line.strip().strip('"').strip() for line in reply.splitlines())
    return next(filter(None, lines), text)[:_LONGEST]
