"""A follow-up question is made to stand alone before anything else is done with it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from ingest.errors import InvalidError
from retrieval.queries.followups import carried_over
from retrieval.types import Query, Turn

PROMPT = (
    "Below is a conversation with a company's knowledge base and a follow-up question. Rewrite the follow-up as one "
    "question that can be understood without the conversation: put names in place of pronouns and add what it leaves "
    "out. Keep its language. Change nothing if it stands alone already. Reply with the question and nothing else.\n\n"
    "Conversation:\n{conversation}\n\nFollow-up: {question}"
)
_MAX_TOKENS, _LONGEST = 120, 1_000
_NAMES_ITSELF = 400
"""Bytes, about 100 tokens: a longer question says by itself what it is about, and its rewriting would be cut short."""


class TextModel(Protocol):
    def complete(self, prompt: str, max_tokens: int) -> str:
        """The reply. Raises UnavailableError."""
        ...


def standalone(query: Query, model: TextModel | None, rules: bool = False) -> Query:
    """A query without history, its text rewritten by the model where there was one and the text is not long; without a
    model by rules, if these are wanted.

    Raises:
        InvalidError: there is a history and nothing to read it.
        UnavailableError: the model does not answer.
    """
    if not query.history:
        return query
    if model is None and rules:
        asked = [turn.text for turn in query.history if turn.role == "user"]
        return replace(query, text=carried_over(query.text, asked), history=())
    if model is None:
        raise InvalidError(
            "A question with a history needs a language model to rewrite it: set rewriting.url and rewriting.model, "
            "switch on rewriting.rules, or ask a question that stands alone."
        )
    if len(query.text.encode(errors="replace")) > _NAMES_ITSELF:
        return replace(query, history=())
    reply = model.complete(prompt(query.history, query.text), _MAX_TOKENS)
    return replace(query, text=first_line(reply) or query.text, history=())


def recent(history: Sequence[Turn], budget: int, count: Callable[[str], int]) -> tuple[Turn, ...]:
    """The newest exchanges of a conversation, whole, as many as fit into `budget` tokens together.

    An exchange is a question with what was answered. Where the newest one does not fit, it is its question alone, if
    that fits: it says best what is being talked about.

    Args:
        history: oldest first, as is what comes of it.
        count: tokens of a text.
    """
    kept: list[Turn] = []
    for exchange in reversed(_exchanges(history)):
        cost = sum(count(_line(turn)) for turn in exchange)
        if cost > budget:
            question = [turn for turn in exchange if turn.role == "user" and count(_line(turn)) <= budget]
            return tuple(kept or question)
        kept, budget = exchange + kept, budget - cost
    return tuple(kept)


def prompt(history: Sequence[Turn], question: str) -> str:
    return PROMPT.format(conversation="\n".join(map(_line, history)), question=" ".join(question.split()))


def first_line(reply: str) -> str:
    """The first line of a model's reply that says something, without quotation marks round the whole of it; empty where
    it only thinks."""
    # Some endpoints leave out the opening tag, and what is cut short has no closing one.
    said = reply.rpartition("</think>")[2].partition("<think>")[0]
    return next(filter(None, map(_unquoted, said.splitlines())), "")[:_LONGEST]


def _unquoted(line: str) -> str:
    """A mark that belongs to a phrase within the line stays: the phrase is looked for letter by letter."""
    line = line.strip() if line.strip(' "') else ""
    whole = len(line) > 1 and line[0] == line[-1] == '"' and line.count('"') == 2
    return line[1:-1].strip() if whole else line


def _line(turn: Turn) -> str:
    return f"{turn.role}: {' '.join(turn.text.split())}"


def _exchanges(history: Sequence[Turn]) -> list[list[Turn]]:
    found: list[list[Turn]] = []
    for turn in history:
        if turn.role == "user" or not found:
            found.append([])
        found[-1].append(turn)
    return found
