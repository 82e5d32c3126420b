"""One frozen schema for everything that can be set: defaults, then a file, then the environment, then flags."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SourceError

from api.settings_checks import ENV_PREFIX, check_variables, check_yaml, explain, explain_source
from api.settings_fields import Database, Device, Devices, Host, Key, Language, Names, address
from api.settings_serving import ServeSettings, is_local, with_server
from ingest.errors import SettingsError

LONGEST_TENANT = 128


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class AccessSettings(_Section):
    tenant: str = Field(min_length=1, max_length=LONGEST_TENANT)
    groups: Names


class StoreSettings(_Section):
    engine: Literal["edge", "server"]
    url: Annotated[str, address("store.api_key", "http://host:6333")] | None
    api_key: Key
    timeout_s: float = Field(gt=0)
    quantization: Literal["none", "int8", "4bit"]
    vectors: Literal["memory", "disk"]
    hnsw_m: int = Field(ge=4, le=256)
    hnsw_ef_construct: int = Field(ge=4, le=4096)
    shards: int = Field(ge=1, le=1024)
    replicas: int = Field(ge=1, le=32)
    write_consistency: int = Field(ge=1, le=32)
    hnsw_ef: int | None = Field(ge=1, le=65_536)
    oversampling: float = Field(ge=1, le=64)

    @model_validator(mode="after")
    def _server_has_url(self) -> "StoreSettings":
        if self.engine == "server" and not self.url:
            raise ValueError("engine 'server' needs store.url")
        if self.write_consistency > self.replicas:
            raise ValueError("write_consistency cannot be greater than replicas")
        return self


class CatalogSettings(_Section):
    url: Database | None


class EmbeddingSettings(_Section):
    model: str = Field(min_length=1)
    runtime: Literal["torch", "onnx", "static", "openai", "tei"]
    query_runtime: Literal["torch", "onnx"] | None
    device: Device
    precision: Literal["auto", "float32", "bfloat16"]
    batch_size: int = Field(ge=1, le=1024)
    threads: int | None = Field(ge=1)
    query_prefix: str
    document_prefix: str
    query_cache: int = Field(ge=0, le=1_000_000)
    micro_batch: bool
    url: Annotated[str, address("embedding.api_key")] | None
    api_key: Key
    timeout_s: float = Field(gt=0)
    tokenizer: str = Field(min_length=1)
    max_tokens: int | None = Field(ge=64)

    @model_validator(mode="after")
    def _runtimes_fit(self) -> "EmbeddingSettings":
        if self.runtime in ("openai", "tei") and not self.url:
            raise ValueError(f"runtime '{self.runtime}' needs embedding.url")
        if self.query_runtime and self.runtime not in ("torch", "onnx"):
            raise ValueError("query_runtime goes only with runtime torch or onnx")
        return self


class IngestionSettings(_Section):
    chunk_tokens: int = Field(ge=32)
    overlap_tokens: int = Field(ge=0)
    batch_chunks: int = Field(ge=1, le=10_000)
    max_file_mb: float = Field(gt=0)
    parse_timeout_s: float = Field(gt=0)
    workers: int = Field(ge=1, le=64)


class Bm25Settings(_Section):
    language: Language
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
    tuned: bool
    versions: Literal["current", "all"]
    follow_references: float = Field(ge=0, le=1)
    recency_weight: float = Field(ge=0, le=1)
    recency_half_life_days: float = Field(gt=0)
    near_duplicates: float | None = Field(gt=0, le=1)
    per_document: int | None = Field(ge=1)
    neighbours: int = Field(ge=0, le=20)
    mmr: float | None = Field(ge=0, le=1)
    exact_match: bool
    split_questions: bool
    correct_spelling: bool
    spell_out_acronyms: bool
    feedback: bool
    reranker: str | None = Field(min_length=1)
    rerank_candidates: int = Field(ge=1, le=1000)
    rerank_weight: float = Field(ge=0, le=1)
    rerank_scale: Literal["minmax", "sigmoid"]
    rerank_budget_ms: float | None = Field(gt=0)


class RewritingSettings(_Section):
    url: Annotated[str, address("rewriting.api_key")] | None
    model: str | None
    api_key: Key
    timeout_s: float = Field(gt=0)
    rules: bool
    history_tokens: int = Field(ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _url_and_model(self) -> "RewritingSettings":
        if (self.url is None) is not (self.model is None):
            raise ValueError("url and model go together")
        return self


class AnswerSettings(_Section):
    generator: Literal["extractive", "openai", "transformers"]
    passages: int = Field(ge=1, le=100)
    max_sentences: int = Field(ge=1, le=20)
    min_confidence: float = Field(ge=0, le=1)
    tuned: bool
    cross_encoder: bool
    conflicts: bool
    url: Annotated[str, address("answers.api_key")] | None
    model: str | None = Field(min_length=1)
    api_key: Key
    context_tokens: int = Field(ge=512)
    max_tokens: int = Field(ge=1)
    temperature: float = Field(ge=0, le=2)
    first_token_s: float = Field(gt=0)
    between_tokens_s: float = Field(gt=0)
    tokenizer: str | None = Field(min_length=1)
    device: Devices
    precision: Literal["auto", "float32", "bfloat16"]
    quantization: Literal["none", "8bit", "4bit"]
    batch_size: int = Field(ge=1, le=256)
    price_per_million_input: float | None = Field(ge=0)
    price_per_million_output: float | None = Field(ge=0)
    serve: ServeSettings

    _with_server = model_validator(mode="before")(with_server)

    @model_validator(mode="after")
    def _model_fits(self) -> "AnswerSettings":
        if self.serve.start and not is_local(self.url or ""):
            raise ValueError("serve.start needs an answers.url on this machine, such as http://127.0.0.1:8000/v1")
        if self.generator == "openai" and not (self.url and self.model):
            raise ValueError("generator 'openai' needs answers.url and answers.model")
        if self.generator == "transformers" and not self.model:
            raise ValueError("generator 'transformers' needs answers.model")
        if self.max_tokens > self.context_tokens // 2:
            raise ValueError("max_tokens cannot be more than half of context_tokens: passages need the rest")
        return self

    nli_model: str | None = Field(min_length=1)


class TraceSettings(_Section):
    enabled: bool
    keep_days: float = Field(gt=0, le=36_500)
    keep_feedback_days: float = Field(gt=0, le=36_500)


class SessionSettings(_Section):
    keep_days: float | None = Field(gt=0, le=100_000)


class ApiSettings(_Section):
    host: Host
    port: int = Field(ge=0, le=65535)
    allowed_hosts: Names
    max_upload_mb: float = Field(gt=0)


class McpSettings(_Section):
    host: Host
    port: int = Field(ge=0, le=65535)
    allowed_hosts: Names
    page_characters: int = Field(ge=100, le=1_000_000)


class Settings(BaseSettings):
    """Read-only; build it with `load_settings`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        env_parse_none_str="null",
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
    rewriting: RewritingSettings
    answers: AnswerSettings
    traces: TraceSettings
    sessions: SessionSettings
    api: ApiSettings
    mcp: McpSettings

    @field_validator("data", mode="before")
    @classmethod
    def _data_is_named(cls, value: object) -> object:
        if isinstance(value, str) and not value.strip():
            raise ValueError("must name a folder; empty, it would be the current one")
        return value


def load_settings(config: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Defaults < `config` < environment < `overrides` (nested mappings).

    Raises:
        SettingsError: a key is unknown, mistyped or out of range; the message names it and shows no value.
    """
    check_variables(Settings.model_fields)
    yaml_files = [default_config_path(), *([config] if config else [])]
    for file in yaml_files:
        check_yaml(file)

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
        raise SettingsError(explain(error)) from None
    except SourceError as error:
        raise SettingsError(explain_source(error)) from None


def default_config_path() -> Path:
    """`configs/default.yaml` of the checkout, or its copy inside an installed wheel."""
    checkout = Path(__file__).resolve().parent.parent / "configs" / "default.yaml"
    return checkout if checkout.is_file() else Path(str(files("api"))) / "default.yaml"
