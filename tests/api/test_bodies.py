"""Requests that are made of what callers give."""

import pytest
from pydantic import BaseModel

from api.bodies import body
from ingest.errors import InvalidError


class Car(BaseModel, extra="forbid"):
    model: str = "beetle"
    seats: int = 4


def test_any_field_may_be_called_as_it_likes() -> None:
    assert body(Car, model="duck", seats=None) == Car(model="duck")


def test_the_first_field_that_is_wrong_is_named() -> None:
    with pytest.raises(InvalidError, match=r"^seats: Input should be a valid integer"):
        body(Car, model="duck", seats="many")
    with pytest.raises(InvalidError, match=r"^wheels: unknown field; known are model, seats\.$"):
        body(Car, wheels=4)
