"""Kinds of values that settings have."""

import json
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode


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


def address(key: str) -> AfterValidator:
    """`key`: the setting that a key belongs into."""

    def check(url: str) -> str:
        if not is_address(url):
            raise ValueError(f"must look like http://host:8080/v1; a key goes into {key}")
        return url

    return AfterValidator(check)


def _header_key(value: SecretStr | None) -> SecretStr | None:
    """One that fits into a header. Files that a key is read from often end with a line break."""
    key = value.get_secret_value().strip() if value else ""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("must be printable ASCII without white space")
    return SecretStr(key) if key else None


Key = Annotated[SecretStr | None, AfterValidator(_header_key)]
