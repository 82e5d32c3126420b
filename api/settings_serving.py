"""Settings of a language model's server that `citewell serve` runs."""

import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

LOCAL_URL = "http://127.0.0.1:8000/v1"
"""Where it is served unless `answers.url` says so."""
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


class ServeSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    start: bool
    command: str
    arguments: str
    start_s: float = Field(gt=0)
    stop_s: float = Field(gt=0)

    @field_validator("command", "arguments")
    @classmethod
    def _can_be_split(cls, text: str) -> str:
        try:
            shlex.split(text)
        except ValueError:
            raise ValueError("has a quotation mark that is not closed") from None
        return text

    @field_validator("command")
    @classmethod
    def _names_a_program(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("must name a program")
        return text

    def words(self, values: Mapping[str, object]) -> list[str]:
        """Program and arguments, with each `{name}` of `values` filled in. Other braces stay: JSON has them, too."""
        words = shlex.split(self.command) + shlex.split(self.arguments)
        for name, value in values.items():
            words = [word.replace(f"{{{name}}}", str(value)) for word in words]
        return words


def with_server(answers: object) -> object:
    """`serve.start` says which generator is meant, and where it is unless that is said; what is wrong is left for
    others to tell."""
    if isinstance(answers, dict) and _starts(answers.get("serve")):
        return {**answers, "generator": "openai", "url": answers.get("url") or LOCAL_URL}
    return answers


def is_local(url: str) -> bool:
    """An address that a server without TLS can be given on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS


def _starts(serve: Any) -> bool:
    with suppress(ValidationError):
        return ServeSettings.model_validate(serve).start
    return False
