"""The index folder is gone, the catalog is not."""

import shutil
from pathlib import Path

from ingest.ports import Embedder
from tests.api.conftest import Run


def test_a_lost_index_is_told_and_ingesting_again_mends_it(tmp_path: Path, minilm: Embedder, run: Run) -> None:
    note = tmp_path / "note.md"
    note.write_text("# Garden\n\nThe garden opens at seven.\n")
    data = ["--data", str(tmp_path / "data")]
    assert run("ingest", str(note), *data).code == 0
    shutil.rmtree(tmp_path / "data" / "collections")
    lost = run("search", "garden", *data)
    assert lost.code == 1
    assert "lists 1 documents; restore" in lost.err
    assert run("ingest", str(note), *data).out.startswith("1 indexed")
    assert "opens at seven" in run("search", "garden", *data).out
