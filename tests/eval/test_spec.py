"""Experiment files that would be read otherwise than they are written are refused."""

from pathlib import Path

import pytest

from eval.experiment.spec import ExperimentSpec, load_experiment
from ingest.errors import InvalidError

HEAD = "name: x\ndatasets: [{kind: beir, path: .}]\n"


def loaded(folder: Path, rest: str) -> ExperimentSpec:
    path = folder / "x.yaml"
    path.write_text(HEAD + rest)
    return load_experiment(path)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("configurations:\n  a: {retrieval.top_k: 5}\n  a: {retrieval.top_k: 9}\n", "'a' is there twice.*line 5"),
        ("configurations:\n  a: {retrieval.top_k: 5, retrieval.top_k: 9}\n", r"'retrieval\.top_k' is there twice"),
        ("seed: 1\nseed: 2\n", "'seed' is there twice"),
        ("matrix: {retrieval.top_k: [5, '5']}\n", "two configurations have the same name .top_k=5; top_k=5"),
        (
            "configurations: {top_k=5: {}}\nmatrix: {retrieval.top_k: [5]}\n",
            "two configurations have the same name .top_k=5; top_k=5",
        ),
        ("configurations: {a: {retrieval: {1: x}}}\n", "the key 1 is no name of a setting"),
        ("configurations: {a: {retrieval: {on: x}}}\n", "the key True is no name of a setting"),
        ("matrix: {retrieval.mode: []}\n", r"matrix\.retrieval\.mode: List should have at least 1 item"),
        ("seed: -1\n", "seed: Input should be greater than or equal to 0"),
        ("seed: 4294967296\n", "seed: Input should be less than or equal to 4294967295"),
    ],
)
def test_what_is_ambiguous(tmp_path: Path, rest: str, said: str) -> None:
    with pytest.raises(InvalidError, match=rf"(?s)x\.yaml.*{said}"):
        loaded(tmp_path, rest)


def test_configurations_and_matrix(tmp_path: Path) -> None:
    rest = (
        "configurations: {a: &a {retrieval.mode: bm25}, b: {<<: *a, retrieval.top_k: 3}}\nmatrix: {bm25.k1: [1, 2]}\n"
    )
    assert loaded(tmp_path, rest).expanded() == {
        "a": {"retrieval": {"mode": "bm25"}},
        "b": {"retrieval": {"mode": "bm25", "top_k": 3}},
        "k1=1": {"bm25": {"k1": 1}},
        "k1=2": {"bm25": {"k1": 2}},
    }
    assert loaded(tmp_path, "").expanded() == {"default": {}}


def test_settings_of_one_section_are_merged_at_every_depth(tmp_path: Path) -> None:
    rest = "configurations: {a: {answers.serve.command: x, answers: {serve.arguments: [y], top: 1}, answers.top: 2}}\n"
    serve = {"command": "x", "arguments": ["y"]}
    assert loaded(tmp_path, rest).expanded() == {"a": {"answers": {"serve": serve, "top": 2}}}
