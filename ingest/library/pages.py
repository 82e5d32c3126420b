"""Pages of a list by cursor, newest first or oldest first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from ingest.errors import InvalidError

_MOST = 1_000
_Place: TypeAlias = tuple[Any, str]


@dataclass(frozen=True)
class PageOf:
    """Which part of a list: at most `limit` entries after the one whose id is `after`, or just before `before`; with
    both, those that follow `after` as far as `before` (clients that page by themselves keep the cursor they began
    with)."""

    limit: int = 20
    descending: bool = True
    after: str | None = None
    before: str | None = None


def paged(
    connection: sa.Connection,
    rows: sa.Subquery,
    page: PageOf,
    keep: Callable[[sa.Row[Any]], bool] = lambda row: True,
    only: sa.ColumnElement[bool] | None = None,
) -> tuple[list[sa.Row[Any]], bool]:
    """Rows in order, and whether there are more in that direction.

    Args:
        rows: has columns `created_at` and `id`, which order it.
        keep: whether the reader may see a row.
        only: what is wanted of a row just now; cursors need not meet it any more.

    Raises:
        InvalidError: a cursor is none of the ids.
    """
    after, before = (_place(connection, rows, cursor, keep) for cursor in (page.after, page.before))
    backwards = before is not None and after is None
    descending = page.descending != backwards
    start, end = (before, None) if backwards else (after, before)
    bounds = ([] if only is None else [only]) + ([_beyond(rows, end, not descending)] if end else [])
    found: list[sa.Row[Any]] = []
    while len(found) <= page.limit:
        here = [*bounds, _beyond(rows, start, descending)] if start else bounds
        some = connection.execute(_ordered(rows, descending).where(*here).limit(_MOST)).all()
        found += filter(keep, some)
        if len(some) < _MOST:
            break
        start = (some[-1].created_at, some[-1].id)
    shown = found[: page.limit]
    return (shown[::-1] if backwards else shown), len(found) > page.limit


def _place(
    connection: sa.Connection, rows: sa.Subquery, cursor: str | None, keep: Callable[[sa.Row[Any]], bool]
) -> _Place | None:
    if cursor is None:
        return None
    row = connection.execute(sa.select(rows).where(rows.c.id == cursor)).one_or_none()
    if row is None or not keep(row):
        raise InvalidError(f"{cursor!r} is no id of this list; give the last id of the page before.")
    return row.created_at, row.id


def _ordered(rows: sa.Subquery, descending: bool) -> sa.Select[Any]:
    at, key = rows.c.created_at, rows.c.id
    return sa.select(rows).order_by(*((at.desc(), key.desc()) if descending else (at, key)))


def _beyond(rows: sa.Subquery, place: _Place, descending: bool) -> sa.ColumnElement[bool]:
    """What comes after a place in this order."""
    at, key = rows.c.created_at, rows.c.id
    moment, last = place
    if descending:
        return sa.or_(at < moment, sa.and_(at == moment, key < last))
    return sa.or_(at > moment, sa.and_(at == moment, key > last))
