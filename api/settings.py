"""One frozen schema for everything that can be set: defaults, then a file, then the environment, then flags."""

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from ingest.errors import SettingsError

ENV_PREFIX = "CITEWELL_"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AccessSettings(_Section):
    tenant: str = Field(min_length=1, max_length=128)
    groups: tuple[str, ...]


class StoreSettings(_Section):
    engine: Literal["edge", "server"]
    url: str | None
    api_key: SecretStr | None
    timeout_s: float = Field(gt=0)

    @model_validator(mode="after")
    def _server_has_url(self) -> "StoreSettings":
        if self.engine == "server" and not self.url:
            raise ValueError("engine 'server' needs store.url")
        return self


class CatalogSettings(_Section):
    url: SecretStr | None


class EmbeddingSettings(_Section):
    model: str = Field(min_length=1)
    device: str
    precision: Literal["auto", "float32", "bfloat16"]
    batch_size: int = Field(ge=1, le=1024)
    threads: int | None = Field(ge=1)


class IngestionSettings(_Section):
    chunk_tokens: int = Field(ge=32)
    overlap_tokens: int = Field(ge=0)
    batch_chunks: int = Field(ge=1, le=10_000)
    max_file_mb: float = Field(gt=0)
    parse_timeout_s: float = Field(gt=0)
    workers: int = Field(ge=1, le=64)


class Bm25Settings(_Section):
    language: str
    k1: float = Field(ge=0)
    b: float = Field(ge=0, le=1)
    average_length: float = Field(gt=0)


class RetrievalSettings(_Section):
    mode: Literal["dense", "bm25", "hybrid"]
    top_k: int = Field(ge=1, le=1000)
    candidates: int = Field(ge=1, le=10_000)
    fusion: Literal["minmax", "rrf"]
    dense_weight: float = Field(ge=0, le=1)
    rrf_k: int = Field(ge=1)


class AnswerSettings(_Section):
    generator: Literal["extractive"]
    passages: int = Field(ge=1, le=100)
    max_sentences: int = Field(ge=1, le=20)
    min_confidence: float = Field(ge=0, le=1)
    cross_encoder: bool


class ApiSettings(_Section):
    host: str
    port: int = Field(ge=0, le=65535)
    max_upload_mb: float = Field(gt=0)


class Settings(BaseSettings):
    """Read-only; build it with `load_settings`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    data: Path
    access: AccessSettings
    store: StoreSettings
    catalog: CatalogSettings
    embedding: EmbeddingSettings
    ingestion: IngestionSettings
    bm25: Bm25Settings
    retrieval: RetrievalSettings
    answers: AnswerSettings
    api: ApiSettings


def load_settings(config: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Defaults < `config` < environment < `overrides` (nested mappings).

    Raises:
        SettingsError: a key is unknown, mistyped or out of range; the message names it and shows no value.
    """
    _refuse_unknown_variables()
    yaml_files = [default_config_path(), *([config] if config else [])]
    for file in yaml_files:
        _check_yaml(file)

    class Layered(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            layers = [YamlConfigSettingsSource(settings_cls, file) for file in reversed(yaml_files)]
            return (init_settings, env_settings, *layers)

    try:
        return Layered(**dict(overrides or {}))
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    except ValueError as error:
        raise SettingsError(f"A CITEWELL_ environment variable cannot be read: {error}.") from None


def default_config_path() -> Path:
    """`configs/default.yaml` of the checkout, or its copy inside an installed wheel."""
    checkout = Path(__file__).resolve().parent.parent / "configs" / "default.yaml"
    return checkout if checkout.is_file() else Path(str(files("api"))) / "default.yaml"


def _refuse_unknown_variables() -> None:
    """pydantic-settings passes over variables whose first part is no field: a typing error would go unseen."""
    known = {name.upper() for name in Settings.model_fields}
    for variable in sorted(os.environ):
        name = variable.upper()
        if name.startswith(ENV_PREFIX) and name.removeprefix(ENV_PREFIX).split("__")[0] not in known:
            raise SettingsError(
                f"The environment variable {variable} names no setting; "
                f"sections are {', '.join(sorted(known)).lower()}."
            )


def _check_yaml(path: Path) -> None:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"The settings file {path} is not UTF-8 text; save it as UTF-8.") from error
    except yaml.YAMLError as error:
        # The parser's own message quotes the line, which may hold a secret.
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" (line {line + 1})" if line is not None else ""
        raise SettingsError(f"The settings file {path} is not valid YAML{where}.") from None
    if content is not None and not (isinstance(content, dict) and all(isinstance(key, str) for key in content)):
        raise SettingsError(f"The settings file {path} must hold sections with keys, as configs/default.yaml does.")


def _explain(error: ValidationError) -> str:
    """One sentence for all the keys that are wrong; values are left out because they may be secrets."""
    problems = []
    for item in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in item["loc"])
        unknown = item["type"] == "extra_forbidden"
        message = "is not a setting" if unknown else item["msg"].removeprefix("Value error, ")
        problems.append(f"{key}: {message}")
    return f"The settings are wrong: {'; '.join(problems)}. See configs/default.yaml for every key."
