"""Requests that are made of what callers give."""

import pytest
from pydantic import BaseModel

from api.bodies import body
from api.operations import file_name
from api.schemas import SearchIn
from ingest.errors import InvalidError


class Car(BaseModel, extra="forbid"):
    model: str = "beetle"
    seats: int = 4


def test_questions_and_file_names_are_normalized() -> None:
    assert SearchIn(query="Cafe\u0301 of\ufb01ce").query == "Café office"
    assert file_name("Cafe\u0301.md") == "Caf\u00e9.md"


def test_any_field_may_be_called_as_it_likes() -> None:
    assert body(Car, model="duck", seats=None) == Car(model="duck")


def test_the_first_field_that_is_wrong_is_named() -> None:
    with pytest.raises(InvalidError, match=r"^seats: Input should be a valid integer"):
        body(Car, model="duck", seats="many")
    with pytest.raises(InvalidError, match=r"^wheels: unknown field; known are model, seats\.$"):
        body(Car, wheels=4)
