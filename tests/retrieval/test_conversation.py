"""Follow-up questions stand alone before they are searched for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import InvalidError
from retrieval.queries.conversation import recent, standalone
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
    for reply in ("", " \n ", '""', '"'):
        assert standalone(query(), Saying(reply)).text == "And in Leeds?"


@pytest.mark.parametrize("reply", ['What is a "rush fee"', '"Rush fee" in Leeds?', '"rush" or "fee"'])
def test_a_phrase_in_quotation_marks_keeps_both(reply: str) -> None:
    assert standalone(query(), Saying(f" {reply}\n")).text == reply


def test_what_a_model_thinks_before_it_replies_is_no_question() -> None:
    thought = "They ask about Leeds.\nSo ...\n</think>\n\nHow much is it in Leeds?"
    for reply in (f"<think>\n{thought}", thought):
        assert standalone(query(), Saying(reply)).text == "How much is it in Leeds?"
    for reply in ("<think>\nThey ask about", "<think>\nThey ask.\n</think>\n"):
        assert standalone(query(), Saying(reply)).text == "And in Leeds?"


def test_a_long_question_is_asked_whole() -> None:
    model, long = Saying("What is the hotel"), "Is it the same in Leeds? " * 60
    assert standalone(query(long), model) == query(long, history=())
    assert model.prompts == []


def test_without_a_model_a_history_is_an_error_that_says_what_to_set() -> None:
    with pytest.raises(InvalidError, match=r"set rewriting\.url and rewriting\.model"):
        standalone(query(), None)


def test_without_a_model_rules_complete_it_where_they_are_wanted() -> None:
    assert standalone(query(), None, rules=True).text == "What is the hotel limit in Leeds?"
    assert standalone(query(), Saying("From the model"), rules=True).text == "From the model"


def count(text: str) -> int:
    return len(text.split())


def test_the_newest_exchanges_fit_into_the_budget_whole() -> None:
    history = (*HISTORY, Turn("user", "And in Leeds?"), Turn("assistant", "180 euros."))
    assert recent(history, 100, count) == history
    assert recent(history, 4 + 3, count) == history[2:]
    assert recent(history, 4 + 3 - 1, count) == history[2:3]
    assert recent(history, 3, count) == ()


turns = st.builds(Turn, st.sampled_from(("user", "assistant")), st.text("ab \n", max_size=12))


@given(st.lists(turns, max_size=8), st.integers(0, 60))
def test_no_budget_is_exceeded_and_no_exchange_torn(history: list[Turn], budget: int) -> None:
    kept = recent(history, budget, count)
    assert sum(count(f"{turn.role}: {turn.text}") for turn in kept) <= budget
    if list(kept) != history[len(history) - len(kept) :]:  # the newest does not fit
        assert len(kept) == 1
        assert kept[0].role == "user"
        assert kept[0] == [turn for turn in history if turn.role == "user"][-1]
    elif kept and len(kept) < len(history):
        assert kept[0].role == "user"
        more = recent(history, 10**6, count)
        assert list(more) == history
