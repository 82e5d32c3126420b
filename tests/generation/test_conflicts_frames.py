"""Which documents may conflict by their titles, headings and days: siblings, each for a place or a day, do not."""

from dataclasses import replace

import pytest

from ingest.types import MetadataValue
from tests.generation.test_conflicts import DEARER, HOTEL, document, find, values


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"title": "Travel rules Leeds"}, {"title": "Travel rules Bremen"}),
        ({"title": "Oslo handbook"}, {"title": "Bremen notice"}),
        ({"title": "Travel rules 2023"}, {"title": "Travel rules 2024"}),
        ({"title": "Invoice 4711"}, {"title": "Invoice 4712"}),
        ({"title": "Release 2.1"}, {"title": "Release 2.2"}),
        ({"title": "2.1 Release notes"}, {"title": "2.2 Release notes"}),
        ({"title": "Report March 2024"}, {"title": "Report April 2024"}),
        ({"title": "Minutes 12 March 2024"}, {"title": "Minutes 12 April 2024"}),
        ({"title": "Minutes 2024-03-12"}, {"title": "Minutes 2024-03-19"}),
        ({"heading": "Prices of March 2024"}, {"heading": "Prices of April 2024"}),
        ({"title": "Leeds Handbook"}, {"title": "Bremen Guide"}),
        ({"title": "Leeds handbook"}, {"title": "Bremen handbook"}),
        ({"title": "Leeds"}, {"title": "Bremen"}),
        ({"title": "Handbook Turkey"}, {"title": "Handbook China"}),
        ({"title": "IT Handbook"}, {"title": "PR Handbook"}),
        ({"title": "Rules for Contractors"}, {"title": "Guide for Interns"}),
        ({"title": "Reisekostenrichtlinie Leeds"}, {"title": "Mitarbeiterhandbuch Bremen"}),
        ({"heading": "Hotels in Norway"}, {"heading": "Hotels in Spain"}),
        (
            {"valid_from": "2023-01-01", "valid_until": "2023-12-31"},
            {"valid_from": "2024-01-01"},
        ),
        (
            {"title": "A", "valid_from": "2023-01-01", "version_of": "travel"},
            {"title": "B", "valid_from": "2024-01-01", "version_of": "travel"},
        ),
    ],
)
def test_documents_for_other_places_or_times_do_not_conflict(
    one: dict[str, MetadataValue], other: dict[str, MetadataValue]
) -> None:
    assert find(document(1, HOTEL, **one), document(2, DEARER, **other)) == ()  # type: ignore[arg-type]
    assert len(find(document(1, HOTEL), document(2, DEARER))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Travel policy", "Expenses guide"),
        ("Travel Policy", "Expenses Guide"),
        ("TRAVEL POLICY", "EXPENSES GUIDE"),
        ("Check-In Rules", "Manager's Notes"),
        ("Handbook", "Wiki"),
        ("Reisekostenrichtlinie", "Mitarbeiterhandbuch"),
    ],
)
def test_a_capital_alone_makes_no_place_of_a_word_of_a_title(one: str, other: str) -> None:
    assert values(find(document(1, HOTEL, one), document(2, DEARER, other))) == [["140 euros", "160 euros"]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Travel policy", "Travel policy 2"),
        ("Travel policy, version 2", "Travel policy, version 3"),
        ("Travel policy v2.0", "Travel policy v3.1"),
        ("01 Travel policy", "07 Expenses guide"),
        ("Travel policy (as of 1 March 2024)", "Expenses guide (as of 1 May 2024)"),
        ("Reisekostenrichtlinie, Stand: 1.3.2024", "Mitarbeiterhandbuch, Stand: 1.5.2024"),
        ("Minutes 3 April 2024", "Minutes 03/04/2024"),
    ],
)
def test_numbers_and_days_of_versions_tell_no_documents_apart(one: str, other: str) -> None:
    assert len(find(document(1, HOTEL, one), document(2, DEARER, other))) == 1


def test_one_title_in_two_folders_is_one_document_for_each() -> None:
    here, there = document(1, HOTEL, "Travel"), document(2, DEARER, "Travel")
    there = replace(there, chunk=replace(there.chunk, source="/docs/norway/2.md"))
    assert find(here, there) == ()
