"""What documents say of their own time, and which of several versions counts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsers.routing import SUFFIXES
from ingest.supersession import superseded
from ingest.types import MetadataValue
from ingest.validity import Version, series_of, stated, version_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In force from 1 February 2025. It replaces version 2.0 of 1 March 2023.", ("2025-02-01", "", "")),
        ("Handbook\n\nSeventh edition, in force from 1 January 2025. Owner: HR", ("2025-01-01", "", "")),
        ("Price list 2025, valid from 1 April 2025, net prices", ("2025-04-01", "", "")),
        ("Valid for deliveries from 1 April 2024.", ("2024-04-01", "", "")),
        ("This travel policy is effective from 1 May 2024.", ("2024-05-01", "", "")),
        ("Replaces the version valid from 1 July 2022. Effective 1 January 2025.", ("2025-01-01", "", "")),
        ("Effective as of March 3rd, 2026 until 31.12.2027.", ("2026-03-03", "2027-12-31", "")),
        ("Effective date: 2025-01-01\nExpires on March 4, 2027", ("2025-01-01", "2027-03-04", "")),
        ("| Effective date | 1 May 2024 |", ("2024-05-01", "", "")),
        ("Owner: HR. Valid from: 2024-05-01. Valid until: 2026-05-01", ("2024-05-01", "2026-05-01", "")),
        ("Gültig ab 1. März 2025 bis 31.12.2026", ("2025-03-01", "2026-12-31", "")),
        ("In Kraft seit 01.06.2024. Stand: 3. Mai 2024", ("2024-06-01", "", "2024-05-03")),
        ("Gültig ab: 01.05.2024\nGültig bis: 31.12.2024", ("2024-05-01", "2024-12-31", "")),
        ("| Gültig ab | 1. Mai 2024 |", ("2024-05-01", "", "")),
        ("Gültig vom 01.01.2024 bis zum 31.12.2024", ("2024-01-01", "2024-12-31", "")),
        ("Inkrafttreten: 01.05.2024", ("2024-05-01", "", "")),
        ("Diese Richtlinie tritt am 1. Mai 2024 in Kraft.", ("2024-05-01", "", "")),
        ("Diese Betriebsvereinbarung tritt mit Wirkung vom 1. Mai 2024 in Kraft.", ("2024-05-01", "", "")),
        ("Diese Hausordnung ist ab dem 1. Mai 2024 gültig.", ("2024-05-01", "", "")),
        ("Diese Richtlinie gilt ab dem 1. Mai 2024.", ("2024-05-01", "", "")),
        ("Die vorliegende Richtlinie gilt vom 1. Mai 2024 bis 30.04.2025.", ("2024-05-01", "2025-04-30", "")),
        ("Reference F-08, edition 4, in force from 1 May 2024. Owner: HR", ("2024-05-01", "", "")),
        ("| No. | Edition | In force from |\n| --- | --- | --- |\n| F-8 | 3 | 1 May 2024 |", ("2024-05-01", "", "")),
        ("| Reference | Owner | Effective date |\n|---|---|---|\n| F-8 | HR | 1 May 2024 |", ("2024-05-01", "", "")),
        ("| Nr. | Gültig ab | Gültig bis |\n| F-8 | 01.05.2024 | 30.04.2025 |", ("2024-05-01", "2025-04-30", "")),
        ("Effective from: 1 May 2024", ("2024-05-01", "", "")),
        ("This policy comes into force on 1 May 2024.", ("2024-05-01", "", "")),
        ("Version 5.0, approved on 4 November 2024, in force from 1 December 2024.", ("2024-12-01", "", "2024-11-04")),
        ("Last updated 18 August 2025 by the head of IT", ("", "", "2025-08-18")),
        ("From: a@b.example\nDate: Mon, 15 Sep 2025 09:12:44 +0200", ("", "", "2025-09-15")),
        ("Date: 1 May 2019\nLast updated: 3 May 2025", ("", "", "2025-05-03")),
        (
            "This policy replaces the guideline published on 3 May 2019. Updated on 1 March 2025.",
            ("", "", "2025-03-01"),
        ),
        ("This memo explains the guideline published on 3 May 2019.", ("", "", "")),
        ("The guideline published on 3 May 2019 says so.", ("", "", "")),
        ("Staff dated 2 June 2011 contracts keep their rights.", ("", "", "")),
        ("This policy was last updated on 3 May 2025.", ("", "", "2025-05-03")),
        ("The handbook was last updated on 1 March 2025.", ("", "", "2025-03-01")),
        ("# Travel\n\nOur travel policy was updated on 3 May 2024.", ("", "", "2024-05-03")),
        ("The policy was approved by the board on 3 May 2019.", ("", "", "2019-05-03")),
        ("The handbook was approved on 3 May 2019 and last updated on 1 March 2025.", ("", "", "2025-03-01")),
        ("The previous handbook was published on 3 May 2019.", ("", "", "")),
        ("The handbook of the ministry was published on 3 May 2019.", ("", "", "")),
        ("This policy follows the guideline of the ministry, published on 3 May 2019.", ("", "", "")),
        ("Handbook of the Leeds site, published on 3 May 2019.", ("", "", "2019-05-03")),
        ("It was approved by the board on 3 May 2025.", ("", "", "2025-05-03")),
        ("Travel Policy approved by the board on 3 May 2025", ("", "", "2025-05-03")),
        ("Owner: HR, approved on 3 May 2024, published on 6 May 2024", ("", "", "2024-05-06")),
        ("| Owner | HR | Updated | 3 May 2024 |", ("", "", "2024-05-03")),
        ("From: a@b\nTo: c@d\nDate: 15 Sep 2025\n\nUpdated on 1 March 2020.", ("", "", "2025-09-15")),
        ("Under the GDPR, applicable since 25 May 2018. Effective 1 January 2025.", ("2025-01-01", "", "")),
    ],
)
def test_what_a_document_states(text: str, expected: tuple[str, str, str]) -> None:
    found = stated(text)
    assert tuple(found.get(key, "") for key in ("valid_from", "valid_until", "dated")) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The alarm of 11 March 2025 lasted from 06:42 to 09:49.",
        "Valid from 31 February 2025 onwards",
        "Report 2025. Valid reasons are listed. From 1 May 2025 there are more.",
        "This policy is no longer in force since 1 January 2025.",
        "1.0 valid from 1 January 2020\n2.0 valid from 1 January 2024",
        "Valid from 1 January 2020.\nValid from 1 January 2024.",
        "The new travel policy is effective from 1 March 2024, as the newsletter said.",
        "Our most effective training was held on 12 March 2024",
        "The site pass is valid for visits on 3 May 2025",
        "Registration for the workshop ends on 3 March 2025.",
        "The law, in force from 1 May 2020, demands it.",
        "The act, edition 3, in force from 1 May 2020, demands it.",
        "| Version | In force from |\n| 3 | 1 May 2020 |\n| 4 | 1 May 2024 |",
        "# Tariffs\n\n| Tariff | Valid from | Valid until |\n|---|---|---|\n| Basic | 1 May 2020 | 31.12.2021 |",
        "|  | Valid from | Valid until |\n|---|---|---|\n| Basic | 1 May 2020 | 31.12.2021 |",
        "Under the act, in force from 2020-05-01, we must.",
        "Tickets are valid from 1 May 2024.",
        "Das Gesetz tritt am 1. Mai 2024 in Kraft.",
        "Diese Richtlinie tritt am 1. Mai 2024 außer Kraft.",
        "Diese Richtlinie ist gültig, aber nicht ab dem 1. Mai 2024.",
        "Diese Richtlinie ist gültig nicht erst ab dem 1. Mai 2024.",
        "Diese Richtlinie gilt für Reisen ab dem 1. Mai 2024.",
        "Diese Zuordnung gilt ab dem 1. Mai 2024.",
        "Das Angebot gilt bis zum 31.12.2024.",
        "word " * 500 + "in force from 1 February 2025",
        "",
    ],
)
def test_what_is_no_statement_about_the_document_itself(text: str) -> None:
    assert stated(text).keys().isdisjoint({"valid_from", "valid_until"})


@given(
    st.dates(date(1950, 1, 1), date(2090, 12, 31)), st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d.%m.%Y"])
)
def test_every_way_to_write_a_day(day: date, form: str) -> None:
    assert stated(f"This policy is in force from {day.strftime(form)}.") == {"valid_from": day.isoformat()}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("hb/travel-policy-2023.docx", "Travel Policy 2023"), ("hb/travel-policy-2025.md.gz", "Travel policy"), True),
        (("handbook_v2.1.pdf.gz", "Handbook, version 2.1"), ("handbook_v3.0.pdf", "Handbook (3rd edition)"), True),
        (("rates-march-2024.csv", "Rates"), ("rates-2025.csv", "Rates"), True),
        (("WI-0417_RevC_2023-05-08.docx", "WI-0417"), ("WI-0417_RevD_2025-10-06.docx", "WI-0417"), True),
        (("rules 20240131.md", "Rules, rev. B"), ("rules_20250201.md", "Rules, rev. C"), True),
        (("notes 2024-05.md", "Notes"), ("notes 2024-06.md", "Notes"), False),
        (("FSA-2024-019.pdf", "Agreement"), ("FSA-2024-020.pdf", "Agreement"), False),
        (("revenue.md", "Revenue"), ("revision.md", "Revision"), False),
        (("terms.md", "Terms"), ("terms-draft.md", "Terms"), False),
        (("upload:file-0a1/leave-2023.md", "Leave"), ("upload:file-9f8/leave-2025.md", "Leave"), True),
        (("upload:file-0a1/leave.md", "Leave"), ("upload:file-9f8/travel.md", "Leave"), False),
        (("de/leave.md", "Leave policy"), ("uk/leave.md", "Leave policy"), False),
        (("leave.uk.docx", "Leave policy"), ("leave.us.docx", "Leave policy"), False),
        (("SOP-4.1.docx", "Procedure"), ("SOP-4.2.docx", "Procedure"), False),
        (("newsletter-march.md", "News"), ("newsletter-may.md", "News"), False),
        (("travel.md", "Travel policy 2025"), ("travel.md", "Travel report 2025"), False),
    ],
)
def test_versions_of_one_have_path_and_title_in_common(
    one: tuple[str, str], other: tuple[str, str], same: bool
) -> None:
    assert (series_of(*one) == series_of(*other)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"country": "UK"}, {"country": "DE"}, False),
        ({"country": "UK", "file_id": "file-1", "no": 1}, {"country": "uk", "file_id": "file-2", "no": 2}, True),
        ({"country": "UK"}, {"department": "HR"}, True),
        ({"release": "v3", "file": "leave-2024.md"}, {"release": "v4", "file": "leave-2025.md"}, True),
        ({"country": "UK", "version_of": "leave"}, {"country": "DE", "version_of": "leave"}, True),
    ],
)  # fmt: skip
def test_other_attributes_part_uploads_of_one_title(
    one: dict[str, MetadataValue], other: dict[str, MetadataValue], same: bool
) -> None:
    older = version_of("upload:file-1/leave.md", "Leave", {**one, "valid_from": "2024-04-01"})
    newer = version_of("upload:file-2/leave.md", "Leave", {**other, "valid_from": "2025-01-01"})
    assert older and newer
    assert superseded({"a": older, "b": newer}, date(2026, 1, 1)) == ({"a": "b"} if same else {})
    assert older.is_of_one_with(newer) is newer.is_of_one_with(older) is same


def test_folders_part_files_and_not_their_metadata() -> None:
    one, other = ({"valid_from": "2024-04-01", "owner": name} for name in ("Ann", "Bob"))
    versions = [version_of("/hr/leave.md", "Leave", metadata) for metadata in (one, other)]
    assert versions[0] == versions[1]


def test_only_what_says_since_when_it_is_in_force_is_a_version() -> None:
    assert version_of("a.md", "A", {}) is None
    assert version_of("a.md", "A", {"valid_from": "soon"}) is None
    assert version_of("a.md", "A", {"valid_from": 2025}) is None
    since, until = date(2025, 2, 1), date(2025, 12, 31)
    assert version_of("a.md", "A", {"valid_from": "2025-02-01"}) == Version("a / a", since)
    given_ = {"valid_from": "2025-02-01T00:00:00", "valid_until": "2025-12-31", "version_of": "travel"}
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


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_kind_of_file_may_have_versions(suffix: str) -> None:
    assert series_of(f"a/b{suffix}", "T") == series_of(f"a/b{suffix}.gz", "T") == "a b / t"
