"""Of several versions of a document the one in force is found."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import Label
from ingest.validity import Version
from retrieval.types import Query
from retrieval.versions import CurrentSearcher
from tests.ingest.workshop import Workshop, write
from tests.retrieval.shelves import Row, hit, texts

TODAY = date(2026, 1, 15)
OLD, NEW, NEXT = date(2023, 3, 1), date(2025, 2, 1), date(2026, 7, 1)


class Versions:
    """Port `VersionReader`; what a reader may not read is left out."""

    def __init__(self, found: Mapping[str, Version]) -> None:
        self.found = found

    def versions(
        self, collection: str, tenant: str, groups: Iterable[str], series: Iterable[str]
    ) -> Mapping[str, Version]:
        return {key: one for key, one in self.found.items() if one.series in set(series)}


def searched(text: str = "hotel limit", **more: Any) -> list[str]:
    since = {"old": OLD, "new": NEW, "next": NEXT}
    row = Row(
        [
            hit(f"limit {key}", score, key, metadata={"valid_from": day.isoformat(), "series": "travel"})
            for score, (key, day) in enumerate(since.items(), start=1)
        ]
        + [hit("limit other", 0.5, "other")]
    )
    catalog = Versions({key: Version("travel", day) for key, day in since.items()})
    searcher = CurrentSearcher(row, catalog, lambda: TODAY)
    return texts(searcher.search(Query(text, "default", "acme", **more)))


def test_what_made_way_is_left_out_and_what_is_to_come_is_not() -> None:
    assert searched() == ["limit new", "limit next", "limit other"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("What was the hotel limit in 2023?", ["limit old", "limit new", "limit next", "limit other"]),
        ("hotel limit in 2025", ["limit new", "limit next", "limit other"]),
        ("hotel limit in 2026", ["limit new", "limit next", "limit other"]),
        ("limit in 2023 and in 2026", ["limit new", "limit next", "limit other"]),
        ("room 2023a", ["limit new", "limit next", "limit other"]),
    ],
)
def test_a_past_year_in_the_question_asks_for_the_version_of_its_end(text: str, kept: list[str]) -> None:
    assert searched(text) == kept


def test_a_document_that_comes_up_in_its_place_may_have_made_way_too() -> None:
    days = {"b": date(2021, 1, 1), "a": date(2022, 1, 1), "c": date(2023, 1, 1)}
    hits = [hit(key, 9, key, metadata={"valid_from": day.isoformat(), "series": "s"}) for key, day in days.items()]
    catalog = Versions({key: Version("s", day) for key, day in days.items()})
    found = CurrentSearcher(Row(hits), catalog, lambda: TODAY).search(Query("x", "default", "acme", top_k=1))
    assert texts(found) == ["c"]


def test_without_versions_the_search_is_asked_once() -> None:
    row = Row([hit("a", 1), hit("b", 0.5)])
    assert len(CurrentSearcher(row, Versions({}), lambda: TODAY).search(Query("x", "default", "acme"))) == 2
    assert len(row.queries) == 1


def test_ingested_documents_tell_their_versions(tmp_path: Path) -> None:
    """From the words of a document to what a search on a day finds, through the catalog and the index."""
    files = {
        "travel-2023.txt": "# Travel policy 2023\n\nIn force from 1 March 2023. Hotel limit 100 euros.",
        "travel-2025.txt": "# Travel policy 2025\n\nIn force from 1 February 2025. Hotel limit 150 euros.",
        "leave.txt": "# Leave\n\nHotel bookings do not count as leave.",
    }
    with Workshop(tmp_path) as workshop:
        workshop.run(write(tmp_path / "docs", files))

        def found(on: date, as_of: date | None = None, groups: tuple[str, ...] = ()) -> set[str]:
            searcher = CurrentSearcher(workshop.searcher, workshop.catalog, lambda: on)
            hits = searcher.search(Query("hotel limit", "default", "acme", groups, as_of=as_of))
            return {Path(one.chunk.source).name for one in hits}

        assert found(TODAY) == {"travel-2025.txt", "leave.txt"}
        assert found(TODAY, as_of=date(2024, 5, 5)) == {"travel-2023.txt", "leave.txt"}
        assert found(TODAY, as_of=date(2025, 2, 1)) == {"travel-2025.txt", "leave.txt"}
        assert found(TODAY, as_of=date(2020, 1, 1)) == {"leave.txt"}
        assert found(date(2024, 1, 1)) == {"travel-2023.txt", "travel-2025.txt", "leave.txt"}


def test_a_version_that_the_reader_may_not_read_supersedes_nothing(tmp_path: Path) -> None:
    with Workshop(tmp_path) as workshop:
        docs = tmp_path / "docs"
        workshop.run(write(docs, {"pay-2023.txt": "# Pay\n\nIn force from 1 March 2023. Hotel pay."}))
        secret = write(docs, {"pay-2025.txt": "# Pay\n\nIn force from 1 March 2025. Hotel pay."})
        workshop.run([file for file in secret if "2025" in file.source], Label("acme", ("hr",)))
        searcher = CurrentSearcher(workshop.searcher, workshop.catalog, lambda: TODAY)
        for groups, name in (((), "pay-2023.txt"), (("hr",), "pay-2025.txt")):
            hits = searcher.search(Query("hotel pay", "default", "acme", groups))
            assert {Path(one.chunk.source).name for one in hits} == {name}
