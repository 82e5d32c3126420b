"""Moments of databases."""

from datetime import UTC, datetime, timedelta, timezone

from ingest.moments import in_utc


def test_moments_without_a_zone_and_with_another_one() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert in_utc(noon.replace(tzinfo=None)) == noon
    shifted = in_utc(noon.astimezone(timezone(timedelta(hours=2))))
    assert (shifted, shifted.tzinfo) == (noon, UTC)
