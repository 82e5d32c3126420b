"""Requests made of what callers give, with the errors of this house."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ingest.errors import InvalidError

_Model = TypeVar("_Model", bound=BaseModel)


def body(model: type[_Model], /, **fields: Any) -> _Model:
    """A `model` of the fields that are given; None stands for the default.

    Raises:
        InvalidError: the message names the first field that is wrong.
    """
    try:
        return model.model_validate({key: value for key, value in fields.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InvalidError(f"{'.'.join(map(str, first['loc']))}: {_said(first, model)}.") from None


def _said(issue: Any, model: type[BaseModel]) -> str:
    if issue["type"] == "extra_forbidden":
        return f"unknown field; known are {', '.join(sorted(model.model_fields))}"
    return str(issue["msg"])
