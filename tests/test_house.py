"""The house stands: names resolve inside the tree, layers hold, vendors stay in their rooms, the docs are true."""

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ingest", "retrieval", "generation", "api", "eval")
TOP_LEVEL = {*PACKAGES, "configs", "tests", "docs", ".ci"}

# Library -> the files and folders that may import it.
ROOMS = {
    "qdrant_edge": ("retrieval/store/",),
    "qdrant_client": ("retrieval/store/", "eval/bench/peers"),
    "unstructured": ("ingest/parsers/",),
    "pypdfium2": ("ingest/parsers/",),
    "llama_index": ("ingest/chunkers.py", "api/llamaindex.py", "eval/bench/peers"),
    "nltk": ("ingest/sentences.py",),
    "sentence_transformers": ("retrieval/embedders/", "retrieval/rerankers.py", "eval/tuning/reranker/"),
    "torch": (
        "retrieval/embedders/",
        "retrieval/rerankers.py",
        "retrieval/hardware.py",
        "retrieval/crossencoder.py",
        "generation/generators/local/",
        "generation/verification/entailment.py",
        "eval/",
    ),
    "transformers": (
        "retrieval/embedders/",
        "retrieval/rerankers.py",
        "retrieval/crossencoder.py",
        "generation/generators/local/",
        "eval/bench/generation.py",
        "eval/training/",
        "eval/tuning/",
    ),
    "onnx": ("retrieval/embedders/onnx_model.py",),
    "onnxruntime": ("retrieval/embedders/onnx_model.py", "retrieval/embedders/onnx_runtime.py"),
    "tenacity": ("retrieval/http.py",),
    "httpx_sse": ("generation/generators/chat.py",),
    "rapidfuzz": ("retrieval/queries/spelling.py",),
    "sqlalchemy": (
        "ingest/catalog.py",
        "ingest/catalog_rows.py",
        "ingest/library/",
        "ingest/writers.py",
        "ingest/journal/",
        "generation/conversation/",
    ),
    "pebble": ("ingest/isolation.py",),
    "fastapi": ("api/",),
    "fastapi_offline": ("api/app.py",),
    "pydantic": ("api/", "eval/experiment/", "eval/gate.py", "eval/commands.py"),
    "mcp": ("api/mcp/",),
    "mcp_types": ("api/mcp/",),
    "typer": (
        "api/cli.py",
        "api/cli_options.py",
        "api/cli_sessions.py",
        "api/traces/commands.py",
        "eval/cli.py",
        "eval/tune_cli.py",
    ),
    "ir_measures": ("eval/metrics/ranking.py",),
    "scipy": ("eval/statistics.py",),
    "matplotlib": ("eval/report/plots.py",),
    "jinja2": ("eval/report/write.py", "generation/generators/local/model.py"),
    "uvicorn": ("api/server.py", "eval/bench/"),
    "rank_bm25": ("eval/",),
}


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_each_import_name_resolves_inside_the_tree(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)


def test_nothing_else_stands_at_the_top() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] for line in listed.splitlines() if "/" in line}
    assert folders <= TOP_LEVEL


@pytest.mark.parametrize("vendor", ROOMS)
def test_vendor_imports_stay_in_their_rooms(vendor: str) -> None:
    strangers = [
        str(path.relative_to(ROOT))
        for path in sources()
        if vendor in set(imported(path)) and not str(path.relative_to(ROOT)).startswith(ROOMS[vendor])
    ]
    assert strangers == []


def test_layers_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_importing_the_command_line_loads_no_model_library() -> None:
    heavy = {"torch", "scipy", "matplotlib", "llama_index", "unstructured"}
    code = f"import sys, eval.cli; sys.exit(','.join({heavy} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_files_are_short() -> None:
    long = [str(path.relative_to(ROOT)) for path in sources() if len(path.read_text().splitlines()) > 300]
    assert long == []


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^\s*make ([a-z-]+)", readme(), re.MULTILINE))
    assert {"demo", "test"} <= targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_what_make_serves_may_come_from_the_hub() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (offline,) = re.findall(r"^(.*)export HF_HUB_OFFLINE", makefile, re.MULTILINE)
    targets = offline.replace(":", " ").split()
    assert "test" in targets
    assert "serve" not in targets


def test_commands_and_options_of_the_readme_exist() -> None:
    from api.cli import app
    from eval import cli  # brings `citewell eval`

    assert cli.app
    used = re.findall(r"^\s*(?:\$ )?citewell ((?:(?:eval|tune|traces|feedback) )?[a-z]+)(.*)$", readme(), re.MULTILINE)
    assert {name for name, _ in used} >= {"ingest", "ask", "search", "documents", "serve", "doctor"}
    for name, rest in used:
        help_text = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
        for option in re.findall(r"(?<=\s)--[a-z-]+", rest):
            assert option in help_text, f"citewell {name} has no {option}"


def leaves(tree: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def test_documented_settings_exist_and_every_setting_is_documented() -> None:
    from api.settings import load_settings

    documented = set(leaves(yaml.safe_load((ROOT / "configs/default.yaml").read_text(encoding="utf-8"))))
    known = set(leaves(load_settings().model_dump()))
    assert documented == known
    mentioned = set(re.findall(r"CITEWELL_([A-Z0-9_]+__[A-Z0-9_]+)", readme()))
    assert {name.lower().replace("__", ".") for name in mentioned} <= known
