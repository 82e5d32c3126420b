"""What documents say of their own time, and which of several versions counts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.validity import Version, series_of, stated, superseded, version_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Version 3.0, in force from 1 February 2025. It replaces version 2.0 of 1 March 2023.",
            ("2025-02-01", "", ""),
        ),
        ("Valid for deliveries from 1 April 2024.", ("2024-04-01", "", "")),
        ("Effective as of March 3rd, 2026 until 31.12.2027.", ("2026-03-03", "2027-12-31", "")),
        ("Effective date: 2025-01-01, expires on March 4, 2027", ("2025-01-01", "2027-03-04", "")),
        ("Gültig ab 1. März 2025 bis 31.12.2026", ("2025-03-01", "2026-12-31", "")),
        ("In Kraft seit 01.06.2024. Stand: 3. Mai 2024", ("2024-06-01", "", "2024-05-03")),
        ("Approved by the board on 4 November 2024, in force from 1 December 2024.", ("2024-12-01", "", "2024-11-04")),
        ("Last updated 18 August 2025 by the head of IT", ("", "", "2025-08-18")),
        ("From: a@b.example\nDate: Mon, 15 Sep 2025 09:12:44 +0200", ("", "", "2025-09-15")),
        ("The alarm of 11 March 2025 lasted from 06:42 to 09:49.", ("", "", "")),
        ("Valid from 31 February 2025 onwards", ("", "", "")),
        ("Report 2025. Valid reasons are listed. From 1 May 2025 there are more.", ("", "", "")),
        ("word " * 500 + "in force from 1 February 2025", ("", "", "")),
        ("", ("", "", "")),
    ],
)
def test_what_a_document_states(text: str, expected: tuple[str, str, str]) -> None:
    found = stated(text)
    assert tuple(found.get(key, "") for key in ("valid_from", "valid_until", "dated")) == expected


@given(
    st.dates(date(1950, 1, 1), date(2090, 12, 31)), st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d.%m.%Y"])
)
def test_every_way_to_write_a_day(day: date, form: str) -> None:
    assert stated(f"This policy is in force from {day.strftime(form)}.") == {"valid_from": day.isoformat()}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            ("hb/travel-policy-2023.docx", "Travel Policy 2023"),
            ("hb/travel-policy-2025.docx", "Travel policy 2025"),
            True,
        ),
        (("handbook_v2.1.pdf.gz", "Handbook, version 2.1"), ("handbook_v3.0.pdf", "Handbook (3rd edition)"), True),
        (("terms-final.md", "Terms"), ("terms_draft.md", "Terms"), True),
        (("de/leave.md", "Leave policy"), ("uk/leave.md", "Leave policy"), False),
        (("travel.md", "Travel policy 2025"), ("travel.md", "Travel report 2025"), False),
    ],
)
def test_versions_of_one_have_path_and_title_in_common(
    one: tuple[str, str], other: tuple[str, str], same: bool
) -> None:
    assert (series_of(*one) == series_of(*other)) is same


def test_only_what_says_since_when_it_is_in_force_is_a_version() -> None:
    assert version_of("a.md", "A", {}) is None
    assert version_of("a.md", "A", {"valid_from": "soon"}) is None
    assert version_of("a.md", "A", {"valid_from": 2025}) is None
    since, until = date(2025, 2, 1), date(2025, 12, 31)
    assert version_of("a.md", "A", {"valid_from": "2025-02-01"}) == Version("a / a", since)
    given_ = {"valid_from": "2025-02-01T00:00:00", "valid_until": "2025-12-31", "series": "travel"}
    assert version_of("a.md", "A", given_) == Version("travel", since, until)


def test_the_version_that_came_into_force_last_wins() -> None:
    versions = {
        "2021": Version("travel", date(2021, 1, 1)),
        "2023": Version("travel", date(2023, 3, 1)),
        "2025": Version("travel", date(2025, 2, 1)),
        "trial": Version("travel", date(2024, 1, 1), date(2024, 6, 30)),
        "other": Version("leave", date(2020, 1, 1)),
    }
    assert superseded(versions, date(2025, 2, 1)) == {"2021": "2025", "2023": "2025", "trial": "2025"}
    assert superseded(versions, date(2025, 1, 31)) == {"2021": "2023"}  # what is to come neither wins nor goes
    assert superseded(versions, date(2024, 6, 30)) == {"2021": "trial", "2023": "trial"}
    assert superseded(versions, date(2020, 6, 1)) == {}
    assert superseded({}, date(2025, 1, 1)) == {}


def test_two_that_came_into_force_on_one_day_both_stay() -> None:
    day = date(2025, 1, 1)
    assert superseded({"a": Version("x", day), "b": Version("x", day)}, day) == {}
