"""A follow-up question is made to stand alone before anything else is done with it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from ingest.errors import InvalidError
from retrieval.types import Query, Turn

PROMPT = (
    "Below is a conversation with a company's knowledge base and a follow-up question. Rewrite the follow-up as one "
    "question that can be understood without the conversation: put names in place of pronouns and add what it leaves "
    "out. Keep its language. Change nothing if it stands alone already. Reply with the question and nothing else.\n\n"
    "Conversation:\n{conversation}\n\nFollow-up: {question}"
)
_TURNS, _TURN_LENGTH = 6, 600
_MAX_TOKENS, _LONGEST = 120, 1_000


class TextModel(Protocol):
    def complete(self, prompt: str, max_tokens: int) -> str:
        """The reply. Raises UnavailableError."""
        ...


def standalone(query: Query, model: TextModel | None) -> Query:
    """A query without history, its text rewritten by the model where there was one.

    Raises:
        InvalidError: there is a history and no model to read it.
        UnavailableError: the model does not answer.
    """
    if not query.history:
        return query
    if model is None:
        raise InvalidError(
            "A question with a history needs a language model to rewrite it: set rewriting.url and rewriting.model, "
            "or ask a question that stands alone."
        )
    reply = model.complete(prompt(query.history, query.text), _MAX_TOKENS)
    return replace(query, text=first_line(reply) or query.text, history=())


def prompt(history: Sequence[Turn], question: str) -> str:
    """The last turns, each cut to its beginning."""
    lines = (f"{turn.role}: {' '.join(turn.text.split())[:_TURN_LENGTH]}" for turn in history[-_TURNS:])
    return PROMPT.format(conversation="\n".join(lines), question=" ".join(question.split()))


def first_line(reply: str) -> str:
    """The first line of a model's reply that says something, without quotation marks."""
    lines = [line.strip().strip('"').strip() for line in reply.splitlines()]
    return next(filter(None, lines), "")[:_LONGEST]
