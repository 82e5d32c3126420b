"""Messages become search queries, where a model can be asked."""

import pytest

from ingest.errors import InvalidError
from retrieval.queries.rewriting import rewritten
from tests.retrieval.test_conversation import Saying


def test_the_reply_is_the_query() -> None:
    model = Saying('"annual leave Leeds"\nBecause ...')
    assert rewritten("Hi,  how much leave\ndo I get in Leeds?", model) == "annual leave Leeds"
    assert model.prompts[0].endswith("Message: Hi, how much leave do I get in Leeds?")
    assert rewritten("leave", Saying(" \n")) == "leave"
    assert rewritten("leave", Saying("<think>\nShort.\n</think>\nannual leave")) == "annual leave"


def test_without_a_model_it_is_an_error_that_says_what_to_set() -> None:
    with pytest.raises(InvalidError, match=r"set rewriting\.url and rewriting\.model"):
        rewritten("leave", None)
