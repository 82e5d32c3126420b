"""Of several versions of a document the one in force is found."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.catalog_rows import CatalogEntry
from ingest.pipeline import Label
from ingest.types import Metadata, MetadataValue
from retrieval.filters import parse
from retrieval.types import Hit, Query
from retrieval.versions import CurrentSearcher, in_force
from tests.ingest.workshop import Workshop, write
from tests.retrieval.shelves import Row, hit, texts

TODAY = date(2026, 1, 15)
OLD, NEW, NEXT = date(2023, 3, 1), date(2025, 2, 1), date(2026, 7, 1)


def entry(key: str, since: date, **metadata: MetadataValue) -> CatalogEntry:
    about: Metadata = {"valid_from": since.isoformat(), "version_of": "travel", **metadata}
    indexed = datetime(2026, 1, 1, tzinfo=UTC)
    return CatalogEntry(key, "default", "acme", (), "a.md", "A", "0", "1", about, 1, 1, indexed)


class Versions:
    """Port `VersionReader`."""

    def __init__(self, *entries: CatalogEntry) -> None:
        self.entries = {one.id: one for one in entries}

    def versions(
        self, collection: str, tenant: str, groups: Iterable[str], series: Iterable[str]
    ) -> Mapping[str, CatalogEntry]:
        return self.entries if "travel" in set(series) else {}


def searched(text: str = "hotel limit", supersede: bool = True, **more: Any) -> list[str]:
    entries = [entry(key, since, place=key) for key, since in (("old", OLD), ("new", NEW), ("next", NEXT))]
    hits = [hit(f"limit {one.id}", 4 - rank, one.id, metadata=one.metadata) for rank, one in enumerate(entries)]
    row = Row([*hits, hit("limit other", 0.5, "other")])
    searcher = CurrentSearcher(row, Versions(*entries), lambda: TODAY, supersede)
    return texts(searcher.search(Query(text, "default", "acme", **more)))


def test_what_made_way_and_what_is_to_come_is_left_out() -> None:
    assert searched() == ["limit new", "limit other"]


@pytest.mark.parametrize(
    "text",
    [
        "What will the hotel limit be?",
        "hotel limit from July",
        "hotel limit next year",
        "hotel limit in May",
        "Wie hoch ist die Pauschale ab Juli?",
        "Was ändert sich bei den Reisekosten?",
        "hotel limit 2026",
        "hotel limit 2027",
    ],
)
def test_what_is_to_come_is_shown_to_who_asks_for_it(text: str) -> None:
    assert searched(text) == ["limit new", "limit next", "limit other"]


def test_what_is_to_come_is_shown_where_nothing_is_in_force() -> None:
    entries = [entry("over", OLD, valid_until="2025-12-31"), entry("next", NEXT)]
    row = Row([hit(one.id, 9, one.id, metadata=one.metadata) for one in entries])
    searcher = CurrentSearcher(row, Versions(*entries), lambda: TODAY)
    assert set(texts(searcher.search(Query("may I stay?", "default", "acme")))) == {"over", "next"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("What was the hotel limit in 2023?", ["limit old", "limit new", "limit other"]),
        ("hotel limit in 2025", ["limit new", "limit other"]),
        ("hotel limit in 2026", ["limit new", "limit next", "limit other"]),
        ("How did it change between 2023 and 2025?", ["limit old", "limit new", "limit next", "limit other"]),
        ("room 2023a", ["limit new", "limit other"]),
        ("ISO 27001:2013", ["limit new", "limit other"]),
        ("a claim of 1999 euros", ["limit new", "limit other"]),
        ("What was the hotel limit in 2010?", ["limit new", "limit other"]),
        ("the 2023 M&A rules", ["limit old", "limit new", "limit other"]),
        ("hotel limit in 2023 Europe", ["limit old", "limit new", "limit other"]),
    ],
)
def test_a_past_year_in_the_question_asks_for_the_version_of_its_end(text: str, kept: list[str]) -> None:
    assert searched(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "approval for expenses over $2023?",
        "more than € 2023",
        "mehr als EUR 2023",
        "fee of CHF 2023",
        "ab 2023 Mitarbeitern",
        "max. 2023 Zeichen",
        "2023 mg",
        "2023 kWh",
        "2023,50 Franken",
    ],
)
def test_an_amount_is_no_year(text: str) -> None:
    assert searched(text) == ["limit new", "limit other"]


@pytest.mark.parametrize(
    "text",
    [
        "hotel limit on Windows Server 2023",
        "Kostenstelle 2023",
        "kostenstelle 2023",
        "room 2023",
        "Kostenstelle: 2023",
        "invoice No. 2023",
        "Wir sind seit 2023 bei uns dabei",
        "customers since 2023",
        "hotel limit for Office 2023 users",
    ],
)
def test_a_number_of_something_else_is_no_year(text: str) -> None:
    assert searched(text) == ["limit new", "limit other"]


@pytest.mark.parametrize(
    "text",
    [
        "im Jahr 2023",
        "im Geschäftsjahr 2023",
        "Stand 2023",
        "as of 2023",
        "FY 2023",
        "FY2024? No, in 2023",
        "Travel policy 2023",
        "hotel limit 2023",
        "Reiserichtlinie 2023",
        "Which 2023 rules",
        "2023 policy",
        "2023?",
        "travel policy (2023)",
        "Hotels, 2023",
        "Im Vertrag von 2023",
        "Urlaubstage 2023",
        "Stand: 2023",
    ],
)
def test_a_year_of_a_policy_is_one(text: str) -> None:
    assert searched(text) == ["limit old", "limit new", "limit other"]


def test_however_many_versions_there_are_only_the_last_one_is_left() -> None:
    entries = [entry(f"{year}", date(year, 1, 1)) for year in range(2010, 2026)]
    row = Row([hit(one.id, 9, one.id, metadata=one.metadata) for one in entries])
    found = CurrentSearcher(row, Versions(*entries), lambda: TODAY).search(Query("x", "default", "acme", top_k=1))
    assert texts(found) == ["2025"]
    assert len(row.queries) == 2


@pytest.mark.parametrize("top_k", [10, 50])
def test_old_versions_of_many_documents_do_not_crowd_out_what_is_in_force(top_k: int) -> None:
    entries = [
        entry(f"{name}{year}", date(year, 1, 1), version_of=name)
        for name in "abcdefghijkl"
        for year in range(2014, 2026)
    ]

    class Shelf(Versions):
        def versions(
            self, collection: str, tenant: str, groups: Iterable[str], series: Iterable[str]
        ) -> Mapping[str, CatalogEntry]:
            wanted = set(series)
            return {one.id: one for one in entries if one.metadata["version_of"] in wanted}

    row = Row([hit(one.id, 9, one.id, metadata=one.metadata) for one in entries])
    found = CurrentSearcher(row, Shelf(), lambda: TODAY).search(Query("x", "default", "acme", top_k=top_k))
    assert texts(found) == [f"{name}2025" for name in "abcdefghijkl"[:top_k]]


def test_a_version_that_the_filters_leave_out_supersedes_nothing() -> None:
    entries = [entry("old", OLD, year=2023), entry("new", NEW, year=2025)]
    old = hit("limit old", 2, "old", metadata=entries[0].metadata)
    outside: list[dict[str, Any]] = [
        {"year": 2023},
        {"year": {"$lt": 2024}},
        {"document_id": "old"},
        {"valid_from": {"$lt": "2024-01-01"}},
    ]
    inside: list[dict[str, Any]] = [{"kind": "text"}, {"$not": {"page": 3}}, {"year": {"$exists": True}}]
    for filters in (*outside, *inside):
        searcher = CurrentSearcher(Everything([old]), Versions(*entries), lambda: TODAY)
        found = searcher.search(Query("x", "default", "acme", filters=parse(filters)))
        assert texts(found) == (["limit old"] if filters in outside else [])


class Everything(Row):
    """Pays no heed to filters."""

    def search(self, query: Query) -> list[Hit]:
        return list(self.hits)


def test_every_version_by_setting_but_a_day_counts_nevertheless(tmp_path: Path) -> None:
    assert searched(supersede=False) == ["limit old", "limit new", "limit next", "limit other"]
    row = Row([])
    CurrentSearcher(row, Versions(), lambda: TODAY, supersede=False).search(
        Query("x", "default", "acme", as_of=date(9999, 12, 31))
    )
    assert row.queries[0].filters == in_force(date(9999, 12, 31))


def test_without_versions_the_search_is_asked_once() -> None:
    row = Row([hit("a", 1), hit("b", 0.5)])
    assert len(CurrentSearcher(row, Versions(), lambda: TODAY).search(Query("x", "default", "acme"))) == 2
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
        assert found(date(2024, 1, 1)) == {"travel-2023.txt", "leave.txt"}
        assert found(date(2020, 1, 1)) == {"travel-2023.txt", "travel-2025.txt", "leave.txt"}


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
