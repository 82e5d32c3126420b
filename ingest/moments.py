"""Moments as databases give them back."""

from datetime import UTC, datetime


def in_utc(stored: datetime) -> datetime:
    """SQLite gives back without its zone what was stored in UTC, PostgreSQL with that of its session."""
    return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)
