"""Whether a span set and the index of its documents fit together."""

import json
from pathlib import Path

import pytest

from eval.experiment.positions import positions_for
from eval.experiment.sets import open_set
from ingest.errors import InvalidError
from tests.eval.library import library


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "raw_documents").mkdir()
    (tmp_path / "raw_documents" / "a.md").write_text("One two three.")
    about = {"corpus_id": "a", "references": [{"content": "two", "start_index": 4, "end_index": 7}]}
    (tmp_path / "queries.jsonl").write_text(json.dumps({"_id": "1", "text": "What?", "metadata": about}))
    return tmp_path


def test_a_byte_order_mark_is_no_character(folder: Path) -> None:
    for path in (folder / "queries.jsonl", folder / "raw_documents" / "a.md"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    (case,) = open_set("x", "spans", folder, None, 7).cases
    assert case.evidence[0].raw_span == (4, 7)


def test_a_span_set_that_does_not_fit_its_index_is_told_before_anything_is_asked(folder: Path) -> None:
    dataset = open_set("x", "spans", folder, None, 7)
    with library(folder / "data", {}) as shelf:
        with pytest.raises(InvalidError, match=r"a\.md could not be indexed, but question"):
            positions_for(dataset, shelf.services, shelf.collection)
        shelf.put("a.md", "other text")
        with pytest.raises(InvalidError, match=r"changes the characters of a\.md"):
            positions_for(dataset, shelf.services, shelf.collection)
