"""Pages of a list by cursor, newest first or oldest first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ingest.errors import InvalidError

_MOST = 1_000


@dataclass(frozen=True)
class PageOf:
    """Which part of a list: at most `limit` entries after the one whose id is `after`, or just before `before`."""

    limit: int = 20
    descending: bool = True
    after: str | None = None
    before: str | None = None


def paged(
    connection: sa.Connection, rows: sa.Subquery, page: PageOf, keep: Callable[[sa.Row[Any]], bool] = lambda row: True
) -> tuple[list[sa.Row[Any]], bool]:
    """Rows in order, and whether there are more in that direction.

    Args:
        rows: has columns `created_at` and `id`, which order it.
        keep: whether the reader may see a row.

    Raises:
        InvalidError: a cursor is none of the ids, or there are two.
    """
    if page.after and page.before:
        raise InvalidError("Give after or before, not both.")
    backwards = page.before is not None
    descending = page.descending != backwards
    place = _place(connection, rows, page.before or page.after, keep)
    found: list[sa.Row[Any]] = []
    while len(found) <= page.limit:
        some = connection.execute(_following(rows, place, descending).limit(_MOST)).all()
        found += filter(keep, some)
        if len(some) < _MOST:
            break
        place = (some[-1].created_at, some[-1].id)
    shown = found[: page.limit]
    return (shown[::-1] if backwards else shown), len(found) > page.limit


def _place(
    connection: sa.Connection, rows: sa.Subquery, cursor: str | None, keep: Callable[[sa.Row[Any]], bool]
) -> tuple[Any, str] | None:
    if cursor is None:
        return None
    row = connection.execute(sa.select(rows).where(rows.c.id == cursor)).one_or_none()
    if row is None or not keep(row):
        raise InvalidError(f"{cursor!r} is no id of this list; give the last id of the page before.")
    return row.created_at, row.id


def _following(rows: sa.Subquery, place: tuple[Any, str] | None, descending: bool) -> sa.Select[Any]:
    at, key = rows.c.created_at, rows.c.id
    query = sa.select(rows).order_by(*((at.desc(), key.desc()) if descending else (at, key)))
    if place is None:
        return query
    moment, last = place
    if descending:
        return query.where(sa.or_(at < moment, sa.and_(at == moment, key < last)))
    return query.where(sa.or_(at > moment, sa.and_(at == moment, key > last)))
