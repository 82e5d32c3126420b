"""Working days, calendar days and days that may be either, in the cells of tables."""

import pytest

from tests.generation.test_conflicts import document, find, values

DEADLINES = "| Claim | Deadline |\n|---|---|\n| Damage | {} |\n| Theft | 2 days |\n"


@pytest.mark.parametrize(
    ("one", "other", "stated"),
    [
        ("20 working days", "15 working days", [["20 working days", "15 working days"]]),
        ("30 calendar days", "28 calendar days", [["30 calendar days", "28 calendar days"]]),
        ("20 Werktage", "15 Werktage", [["20 Werktage", "15 Werktage"]]),
        ("20 working days", "28 calendar days", []),
        ("20 days", "28 calendar days", []),
        ("20 Arbeitstage", "24 Werktage", []),
    ],
)
def test_days_are_counted_alike_before_they_differ(one: str, other: str, stated: list[list[str]]) -> None:
    found = find(document(1, DEADLINES.format(one)), document(2, DEADLINES.format(other)))
    assert values(found) == stated
