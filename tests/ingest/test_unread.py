"""Pages that were not read are told, and kept with the document."""

from pathlib import Path

import pytest

from ingest.types import Section
from ingest.unread import page_ranges
from tests.fakes import TextParser
from tests.ingest.workshop import Workshop, write


class ScanParser(TextParser):
    def parse(self, path: Path) -> list[Section]:
        return [Section("Cover sheet.", 1, unread_pages="2-6")]


@pytest.mark.parametrize(("pages", "text"), [([], ""), ([3], "3"), ([1, 2, 4, 6, 7, 8], "1-2, 4, 6-8")])
def test_page_ranges(pages: list[int], text: str) -> None:
    assert page_ranges(pages) == text


def test_unread_pages_are_told_and_kept(tmp_path: Path, docs: Path) -> None:
    with Workshop(tmp_path / "scans", parser=ScanParser()) as workshop:
        (result,) = workshop.run(write(docs, {"a.txt": "x"})).values()
        assert result.status == "indexed"
        assert result.reason == "a.txt has no text layer on pages 2-6: run OCR on it and add the result."
        entry = workshop.catalog.get(result.document_id)
        assert entry is not None and entry.metadata == {"unread_pages": "2-6"}
