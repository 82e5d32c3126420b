"""Kinds of values that settings have."""

import json
import re
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from ingest.catalog import is_database

Language: TypeAlias = Literal[
    "arabic",
    "azerbaijani",
    "basque",
    "bengali",
    "catalan",
    "chinese",
    "danish",
    "dutch",
    "english",
    "finnish",
    "french",
    "german",
    "greek",
    "hebrew",
    "hinglish",
    "hungarian",
    "indonesian",
    "italian",
    "japanese",
    "kazakh",
    "nepali",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "slovene",
    "spanish",
    "swedish",
    "tajik",
    "turkish",
]
"""Those that the engine has stop words and a stemmer for."""
_DEVICE = re.compile(r"auto|(?:cpu|cuda|mps|xpu)(?::\d+)?")


def is_address(url: str) -> bool:
    """Of a server: scheme, host and perhaps a path, nothing else."""
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    more = "@" in parts.netloc or "?" in url or "#" in url
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_fits and not more


def _names_of_text(value: object) -> object:
    """The environment can only hold text."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [name.strip() for name in value.split(",") if name.strip()]
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError('must be written hr,legal or ["hr", "legal"]') from None


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names_of_text)]


def _named(host: str) -> str:
    if not host.strip():
        raise ValueError("must name an address, such as 127.0.0.1; empty, it would be every one of this machine")
    return host


Host = Annotated[str, AfterValidator(_named)]


def address(key: str, like: str = "http://host:8080/v1") -> AfterValidator:
    """`key`: the setting that a key belongs into; `like`: what it may look like."""

    def check(url: str) -> str:
        if not is_address(url):
            raise ValueError(f"must look like {like}; a key goes into {key}")
        return url

    return AfterValidator(check)


def _header_key(value: SecretStr | None) -> SecretStr | None:
    """One that fits into a header. Files that a key is read from often end with a line break."""
    key = value.get_secret_value().strip() if value else ""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("must be printable ASCII without white space")
    return SecretStr(key) if key else None


Key = Annotated[SecretStr | None, AfterValidator(_header_key)]


def _device(name: str) -> str:
    if not _DEVICE.fullmatch(name):
        raise ValueError("must be auto, cpu, or a GPU as torch calls it, such as cuda or cuda:0")
    return name


Device = Annotated[str, AfterValidator(_device)]
Devices = Annotated[str, AfterValidator(lambda name: name if name == "all" else _device(name))]
"""One, or all GPUs."""


def _database(url: SecretStr) -> SecretStr:
    if not is_database(url.get_secret_value()):
        raise ValueError("must look like postgresql+psycopg://user@host/database")
    return url


Database = Annotated[SecretStr, AfterValidator(_database)]
