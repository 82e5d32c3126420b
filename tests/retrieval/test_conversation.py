"""Follow-up questions stand alone before they are searched for."""

import pytest

from ingest.errors import InvalidError
from retrieval.queries.conversation import prompt, standalone
from retrieval.types import Query, Turn

HISTORY = (
    Turn("user", "What is the hotel limit in Singapore?"),
    Turn("assistant", "220 euros a night. [1]"),
)


class Saying:
    """Port `TextModel` that says what it was given."""

    def __init__(self, reply: str) -> None:
        self.reply = reply
        self.prompts: list[str] = []

    def complete(self, prompt: str, max_tokens: int) -> str:
        self.prompts.append(prompt)
        return self.reply


def query(text: str = "And in Leeds?", history: tuple[Turn, ...] = HISTORY) -> Query:
    return Query(text, "default", "acme", history=history)


def test_a_follow_up_is_rewritten_with_the_conversation_before_it() -> None:
    model = Saying('  "What is the hotel limit in Leeds?"\n\nIt asks ...')
    found = standalone(query(), model)
    assert (found.text, found.history) == ("What is the hotel limit in Leeds?", ())
    (asked,) = model.prompts
    assert "user: What is the hotel limit in Singapore?\nassistant: 220 euros a night. [1]" in asked
    assert asked.endswith("Follow-up: And in Leeds?")


def test_a_question_without_history_is_left_alone() -> None:
    model = Saying("other")
    assert standalone(query(history=()), model) == query(history=())
    assert standalone(query(history=()), None).text == "And in Leeds?"
    assert model.prompts == []


def test_an_empty_reply_leaves_the_question() -> None:
    for reply in ("", " \n ", '""'):
        assert standalone(query(), Saying(reply)).text == "And in Leeds?"


def test_without_a_model_a_history_is_an_error_that_says_what_to_set() -> None:
    with pytest.raises(InvalidError, match=r"set rewriting\.url and rewriting\.model"):
        standalone(query(), None)


def test_long_conversations_are_cut() -> None:
    history = tuple(Turn("user", f"question {number} " + "word " * 1000) for number in range(40))
    asked = prompt(history, "x")
    assert "question 39" in asked
    assert "question 33" not in asked
    assert len(asked) < 5000
