"""The language model's server that the settings want beside `citewell serve`."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from api.settings import AnswerSettings
from api.settings_checks import ENV_PREFIX
from generation.generators.managed import Limits, ManagedServer, program_path

LOG_NAME = "model-server.log"
_CONNECT_S = 2.0
_KEY_VARIABLES = ("VLLM_API_KEY", "LLAMA_API_KEY")
"""Where vLLM and llama.cpp look for the key that they are to ask for; among the arguments every user could read it."""


def build_model_server(chosen: AnswerSettings, data: Path) -> ManagedServer:
    url = chosen.url or ""
    parts = urlsplit(url)
    values = {
        "model": chosen.model,
        "host": parts.hostname,
        "port": parts.port or 80,
        "context_tokens": chosen.context_tokens,
    }
    key = chosen.api_key.get_secret_value() if chosen.api_key else None
    limits = Limits(chosen.serve.start_s, chosen.serve.stop_s)
    return ManagedServer(chosen.serve.words(values), url, key, _environment(os.environ, key), data / LOG_NAME, limits)


def idle_server(chosen: AnswerSettings) -> str:
    """What is known of a server that does not run now; empty where something listens at its address.

    Raises:
        UnavailableError: its program is not installed.
    """
    program, *_ = chosen.serve.words({})
    found = program_path(program, os.environ)
    parts = urlsplit(chosen.url or "")
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=_CONNECT_S).close()
    except OSError:
        return f"{found} does not run now; `citewell serve` starts it at {chosen.url}"
    return ""


def _environment(ours: Mapping[str, str], key: str | None) -> dict[str, str]:
    """Without Citewell's settings, which hold other keys."""
    inherited = {name: value for name, value in ours.items() if not name.upper().startswith(ENV_PREFIX)}
    return inherited | (dict.fromkeys(_KEY_VARIABLES, key) if key else {})
