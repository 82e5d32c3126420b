"""What can be wrong with the places that settings come from, each told in a sentence that shows no value."""

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import ValidationError

from ingest.errors import SettingsError

ENV_PREFIX = "CITEWELL_"
_SERVICE_LINK = re.compile(
    r"(?:[A-Z0-9]+_)*"
    r"(?:SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)=|PORT=(?:tcp|udp|sctp)://|PORT_\d+_(?:TCP|UDP|SCTP)[_=])"
)
"""Kubernetes tells every container of the Services beside it: for one named citewell, CITEWELL_SERVICE_HOST=10.0.0.1,
CITEWELL_PORT=tcp://10.0.0.1:80, CITEWELL_PORT_80_TCP_ADDR=10.0.0.1; for citewell-db, CITEWELL_DB_SERVICE_HOST."""


def check_variables(sections: Iterable[str]) -> None:
    """Raises SettingsError for one of ours that sets nothing."""
    known = {name.upper() for name in sections}
    for variable, value in sorted(os.environ.items()):
        name = variable.upper()
        if name.startswith(ENV_PREFIX):
            _check_variable(variable, name.removeprefix(ENV_PREFIX), value, known)


def _check_variable(variable: str, name: str, value: str, known: set[str]) -> None:
    """pydantic-settings passes over variables whose first part is no field: a typing error would go unseen."""
    section = name.split("__")[0]
    if section not in known and not _SERVICE_LINK.match(f"{name}={value}"):
        raise SettingsError(
            f"The environment variable {variable} names no setting; sections are {', '.join(sorted(known)).lower()}."
        )
    if name in known - {"DATA"} and not _is_json_object(value):
        raise SettingsError(
            f"The environment variable {variable} must hold a JSON object; "
            f"or set single keys, as in {ENV_PREFIX}{name}__KEY."
        )


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def check_yaml(path: Path) -> None:
    """Raises SettingsError for a file that does not hold sections with keys."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"The settings file {path} is not UTF-8 text; save it as UTF-8.") from error
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: a date that there is not, 2026-02-30. The parser's own message quotes the line: it may be secret.
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" (line {line + 1})" if line is not None else ""
        raise SettingsError(f"The settings file {path} is not valid YAML{where}.") from None
    if content is not None and not (isinstance(content, dict) and all(isinstance(key, str) for key in content)):
        raise SettingsError(f"The settings file {path} must hold sections with keys, as configs/default.yaml does.")


def explain_source(error: Exception) -> str:
    """One sentence for a variable that cannot be read; the error itself names nothing but the section."""
    section = re.search(r'"(\w+)"', str(error))
    name = f"{ENV_PREFIX}{section[1].upper() if section else 'SECTION'}"
    return (
        f"An environment variable that begins with {name}__ holds text where keys belong; "
        f"write a JSON object, or set single keys, as in {name}__KEY__KEY."
    )


def explain(error: ValidationError) -> str:
    """One sentence for all the keys that are wrong; values are left out because they may be secrets."""
    problems = []
    for item in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in item["loc"])
        unknown = item["type"] == "extra_forbidden"
        message = "is not a setting" if unknown else item["msg"].removeprefix("Value error, ")
        problems.append(f"{key}: {message}")
    return f"The settings are wrong: {'; '.join(problems)}. See configs/default.yaml for every key."
