"""The comparison of runtimes, on a few documents."""

from pathlib import Path

import pytest

from eval.bench import embedders as bench
from eval.datasets.beir import load_beir

DOCUMENTS = {
    "leave": "Annual leave is thirty days a year.",
    "office": "The office opens at nine in the morning.",
    "pump": "The pump is rated for twelve bar.",
    "server": "The server restarts every night.",
}
QUERIES = {"q1": ("How long is my holiday?", "leave"), "q2": ("What pressure can the pump take?", "pump")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = [f'{{"_id": "{key}", "title": "", "text": "{text}"}}' for key, text in DOCUMENTS.items()]
    queries = [f'{{"_id": "{key}", "text": "{text}"}}' for key, (text, _) in QUERIES.items()]
    qrels = ["query-id\tcorpus-id\tscore", *(f"{key}\t{document}\t1" for key, (_, document) in QUERIES.items())]
    for name, lines in (("corpus.jsonl", corpus), ("queries.jsonl", queries), ("qrels.tsv", qrels)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_the_pool_keeps_what_is_relevant(folder: Path) -> None:
    assert list(bench.pool_of(load_beir(folder), 3, 2).documents) == ["leave", "pump", "office"]


@pytest.mark.slow
def test_the_comparison_from_end_to_end(folder: Path, onnx_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = str(onnx_folder.parent.parent)
    assert bench.main(["--data", str(folder), "--models", models, "--runtimes", "onnx int8"]) == 0
    rows = {
        cells[1].strip(): cells[2:-1] for line in capsys.readouterr().out.splitlines() if (cells := line.split("│"))[1:]
    }
    assert list(rows) == ["torch float32", "onnx int8"]
    assert [cell.strip() for cell in rows["torch float32"][3:]] == ["1.0000", "1.0000", "1.0000"]
    assert 0.98 < float(rows["onnx int8"][4]) < 1
    assert all(float(cell.replace(",", "")) > 0 for row in rows.values() for cell in row)


def test_a_folder_that_is_not_beir_ends_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("error ")
