"""Settings: which layer wins, and what a mistake is told like. No message may show a value: it may be a secret."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from api.settings import Settings, default_config_path, load_settings
from api.settings_fields import Language
from ingest.errors import SettingsError
from retrieval.store.bm25 import Bm25Encoder, Bm25Parameters

DEFAULTS = yaml.safe_load(default_config_path().read_text(encoding="utf-8"))
SECRETS = ("catalog.url", "store.api_key")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "citewell.yaml"


def leaves(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        else:
            yield ".".join((*above, key)), value


def fields(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation, (*above, name))
        else:
            yield ".".join((*above, name))


def test_the_default_file_has_each_key_and_no_other() -> None:
    assert sorted(key for key, _ in leaves(DEFAULTS)) == sorted(fields(Settings))


@pytest.mark.parametrize(("key", "value"), list(leaves(DEFAULTS)))
def test_each_default_is_what_the_file_says(key: str, value: Any) -> None:
    found: Any = load_settings()
    for part in key.split("."):
        found = getattr(found, part)
    if isinstance(value, list):
        value = tuple(value)
    assert str(found) == str(Path(value)) if key == "data" else found == value


def test_each_key_has_a_line_in_the_default_file() -> None:
    text = default_config_path().read_text(encoding="utf-8")
    for key in fields(Settings):
        assert re.search(rf"^\s*{key.rsplit('.', 1)[-1]}:", text, re.MULTILINE), key


def test_flags_win_over_the_environment_over_the_file_over_the_defaults(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().retrieval.top_k == 10
    config.write_text("retrieval: {top_k: 2, mode: bm25}")
    found = load_settings(config)
    assert (found.retrieval.top_k, found.retrieval.mode, found.retrieval.rrf_k) == (2, "bm25", 60)
    monkeypatch.setenv("CITEWELL_RETRIEVAL__TOP_K", "3")
    found = load_settings(config)
    assert (found.retrieval.top_k, found.retrieval.mode) == (3, "bm25")
    assert load_settings(config, {"retrieval": {"top_k": 4}}).retrieval.top_k == 4


def test_an_empty_file_changes_nothing(config: Path) -> None:
    config.write_text("# nothing\n")
    assert load_settings(config).model_dump() == load_settings().model_dump()


def test_environment_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELLNESS", "x")
    monkeypatch.setenv("DATA", "x")
    assert str(load_settings().data) == "citewell-data"


def test_types_that_the_environment_writes_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATA": "/srv/citewell",
        "ACCESS__GROUPS": '["hr", "legal"]',
        "EMBEDDING__THREADS": "2",
        "RETRIEVAL__DENSE_WEIGHT": "0.25",
        "CATALOG__URL": "sqlite://",
    }.items():
        monkeypatch.setenv(f"CITEWELL_{name}", value)
    found = load_settings()
    assert (found.data, found.access.groups, found.embedding.threads) == (Path("/srv/citewell"), ("hr", "legal"), 2)
    assert found.retrieval.dense_weight == 0.25
    assert found.catalog.url is not None


def test_null_in_the_environment(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("store: {hnsw_ef: 64}\nanswers: {nli_model: some}")
    for name in ("STORE__HNSW_EF", "RETRIEVAL__NEAR_DUPLICATES", "ANSWERS__NLI_MODEL", "CATALOG__URL"):
        monkeypatch.setenv(f"CITEWELL_{name}", "null")
    found = load_settings(config)
    assert (found.store.hnsw_ef, found.retrieval.near_duplicates) == (None, None)
    assert (found.answers.nli_model, found.catalog.url) == (None, None)
    monkeypatch.setenv("CITEWELL_RETRIEVAL__TOP_K", "null")
    with pytest.raises(SettingsError, match=r"retrieval\.top_k"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("hr", ("hr",)),
        ("hr, legal,", ("hr", "legal")),
        ('["hr", "legal, tax"]', ("hr", "legal, tax")),
        ("", ()),
    ],
)
def test_groups_in_the_environment(monkeypatch: pytest.MonkeyPatch, text: str, groups: tuple[str, ...]) -> None:
    monkeypatch.setenv("CITEWELL_ACCESS__GROUPS", text)
    assert load_settings().access.groups == groups


@pytest.mark.parametrize("service", ["", "API_", "MY_DB_"])
def test_variables_that_kubernetes_sets_for_services_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    for name, value in {
        "SERVICE_HOST": "10.0.0.1",
        "SERVICE_PORT": "80",
        "SERVICE_PORT_HTTP": "80",
        "PORT": "tcp://10.0.0.1:80",
        "PORT_80_TCP": "tcp://10.0.0.1:80",
        "PORT_80_TCP_PROTO": "tcp",
        "PORT_80_TCP_PORT": "80",
        "PORT_80_TCP_ADDR": "10.0.0.1",
    }.items():
        monkeypatch.setenv(f"CITEWELL_{service}{name}", value)
    assert load_settings().api.port == 8080


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("retrieval: {topk: 5}", "retrieval.topk: is not a setting"),
        ("retreival: {top_k: 5}", "retreival: is not a setting"),
        ("retrieval: {top_k: many}", "retrieval.top_k: Input should be a valid integer"),
        ("retrieval: {top_k: 0}", "retrieval.top_k: Input should be greater than or equal to 1"),
        ("retrieval: {mode: magic}", "retrieval.mode: Input should be 'dense', 'bm25' or 'hybrid'"),
        ("retrieval: [1]", "retrieval: Input should be"),
        ("store: {engine: server}", "store: engine 'server' needs store.url"),
        ("api: {port: 70000}", "api.port: Input should be less than or equal to 65535"),
        ("answers: {min_confidence: .nan}", "answers.min_confidence: Input should be"),
        ("api: {max_upload_mb: .inf}", "api.max_upload_mb: Input should be a finite number"),
        ("answers: {serve: {start_s: .inf}}", "answers.serve.start_s: Input should be a finite number"),
        ("access: {tenant: ''}", "access.tenant: String should have at least 1 character"),
        ("data: ' '", "data: must name a folder"),
        ("api: {host: ''}", "api.host: must name an address"),
        ("mcp: {host: ' '}", "mcp.host: must name an address"),
        ("rewriting: {url: gpu:8000, model: m}", "rewriting.url: must look like http://host:8080/v1; a key goes into"),
        ("store: {url: qdrant:6333}", "store.url: must look like http://host:6333; a key goes into store.api_key"),
        ("store: {api_key: 'a b'}", "store.api_key: must be printable ASCII without white space"),
        ("catalog: {url: foo}", "catalog.url: must look like postgresql+psycopg://user@host/database"),
        ("catalog: {url: 'mysql://user@host/name'}", "catalog.url: must look like postgresql"),
        ("bm25: {language: klingon}", "bm25.language: Input should be 'arabic', "),
        ("embedding: {device: gpu}", "embedding.device: must be auto, cpu, or a GPU as torch calls it, such as cuda"),
        ("answers: {device: gpu}", "answers.device: must be auto, cpu, or a GPU"),
        ("- a\n- b", "must hold sections with keys"),
        ("just text", "must hold sections with keys"),
        ("a: [1\nb: 2", "is not valid YAML (line 2)"),
        ("access: {tenant: 2026-02-30}", "is not valid YAML"),
        ("a: \x01", "is not valid YAML"),
        ("1: 2", "must hold sections with keys"),
    ],
)
def test_mistakes_in_the_file(config: Path, text: str, message: str) -> None:
    config.write_text(text)
    with pytest.raises(SettingsError, match=re.escape(message)):
        load_settings(config)


@pytest.mark.parametrize("language", get_args(Language))
def test_each_language_is_one_of_the_engine(language: str) -> None:
    assert Bm25Encoder(Bm25Parameters(language=language)).query("Berlin").indices


@pytest.mark.parametrize("section", ["store", "rewriting", "embedding", "answers"])
def test_the_line_break_behind_a_key_is_left_out(section: str) -> None:
    key = getattr(load_settings(None, {section: {"api_key": "sk-1\n"}}), section).api_key
    assert key.get_secret_value() == "sk-1"


def test_all_mistakes_are_told_at_once(config: Path) -> None:
    config.write_text("retrieval: {topk: 5, rrf_k: 0}\napi: {port: x}")
    with pytest.raises(
        SettingsError, match=r"retrieval\.rrf_k.*; retrieval\.topk.*; api\.port.*default\.yaml"
    ) as caught:
        load_settings(config)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CITEWELL_RETREIVAL__MODE", "bm25", "CITEWELL_RETREIVAL__MODE names no setting"),
        ("citewell_retreival__mode", "bm25", "citewell_retreival__mode names no setting"),
        ("CITEWELL_RETRIEVAL__MODUS", "bm25", "retrieval.modus: is not a setting"),
        ("CITEWELL_RETRIEVAL__MODE", "magic", "retrieval.mode: Input should be"),
        ("CITEWELL_RETRIEVAL__TOP_K", "", "retrieval.top_k: Input should be a valid integer"),
        ("CITEWELL_RETRIEVAL", "not json", "CITEWELL_RETRIEVAL must hold a JSON object; or set single keys"),
        ("CITEWELL_RETRIEVAL", "[1]", "as in CITEWELL_RETRIEVAL__KEY."),
        ("CITEWELL_ACCESS__GROUPS", "[hr", 'access.groups: must be written hr,legal or ["hr", "legal"]'),
        ("CITEWELL_DATA", "", "data: must name a folder"),
        ("CITEWELL_ANSWERS__SERVE", "abc", "that begins with CITEWELL_ANSWERS__ holds text where keys belong"),
        ("CITEWELL_PORT", "8080", "CITEWELL_PORT names no setting"),
        ("CITEWELL_API_PORT", "8080", "CITEWELL_API_PORT names no setting"),
    ],
)
def test_mistakes_in_the_environment(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=re.escape(message)):
        load_settings()


@pytest.mark.parametrize("overrides", [{"nonsense": 1}, {"api": {"prot": 1}}, {"api": {"port": "x"}}])
def test_mistakes_in_flags(overrides: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"nonsense|api\.prot|api\.port"):
        load_settings(None, overrides)


def test_files_that_cannot_be_read(config: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(No such file or directory\)"):
        load_settings(config)
    with pytest.raises(SettingsError, match=r"cannot be read \(Is a directory\)"):
        load_settings(config.parent)
    config.write_bytes(b"data: \xff")
    with pytest.raises(SettingsError, match="is not UTF-8 text; save it as UTF-8"):
        load_settings(config)


def test_settings_are_frozen() -> None:
    found = load_settings()
    with pytest.raises(ValidationError, match="frozen"):
        found.data = Path("x")
    with pytest.raises(ValidationError, match="frozen"):
        found.api.port = 1


# The first letters keep it from being a word that settings show anyway.
secrets = st.from_regex(r"zQ7xV[A-Za-z0-9]{8,24}", fullmatch=True)


@given(secret=secrets, where=st.sampled_from([*SECRETS, "store.url", "api.port", "nonsense", "store.nonsense", "data"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_secret_is_ever_shown(tmp_path: Path, secret: str, where: str) -> None:
    """Wherever it was written: in its place, in another's, under a mistyped key, or in a broken file."""
    section, _, key = where.partition(".")
    config = tmp_path / "secret.yaml"
    values = {section: {key: secret} if key else [secret]}
    for text in (yaml.safe_dump(values), f"store: {{api_key: {secret}\nbroken", f"{section}: {secret}: x"):
        config.write_text(text)
        try:
            found = load_settings(config)
        except SettingsError as error:
            assert secret not in str(error)
            assert secret not in repr(error)
        else:
            shown = f"{found!r} {found} {found.model_dump()} {found.model_dump_json()}"
            assert where not in SECRETS or secret not in shown


def test_a_secret_in_the_environment_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_STORE", "{api_key: hunter2hunter2")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)
    monkeypatch.delenv("CITEWELL_STORE")
    monkeypatch.setenv("CITEWELL_STORE__API_KEY", "hunter2hunter2")
    found = load_settings()
    assert found.store.api_key is not None
    assert found.store.api_key.get_secret_value() == "hunter2hunter2"
    assert "hunter2" not in repr(found)
