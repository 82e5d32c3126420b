"""Pages of a list by cursor, newest first or oldest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

import sqlalchemy as sa

from ingest.errors import InvalidError

_MOST = 1_000
_Place: TypeAlias = tuple[Any, str]
FormerPlace: TypeAlias = Callable[[sa.Connection, str], _Place | None]
"""Where an entry stood that is not in its list any more; None where it never was."""
_MOMENT = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class PageOf:
    """Which part of a list: at most `limit` entries after the one whose id is `after`, or just before `before`; with
    both, those that follow `after` as far as `before` (clients that page by themselves keep the cursor they began
    with). A cursor is an id or what `following` gives."""

    limit: int = 20
    descending: bool = True
    after: str | None = None
    before: str | None = None


class _Listed(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


def following(shown: Sequence[_Listed], more: bool) -> str | None:
    """What to read on after, where there is more. It says its place by itself, so that it holds when the entry is
    deleted."""
    if not more:
        return None
    return f"{shown[-1].created_at.astimezone(UTC).strftime(_MOMENT)}_{shown[-1].id}"


def placed(connection: sa.Connection, cursor: str) -> _Place | None:
    """For `paged`, in lists whose cursors are those of `following`."""
    moment, _, key = cursor.partition("_")
    try:
        return datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC), key
    except ValueError:
        return None


def paged(
    connection: sa.Connection,
    rows: sa.Subquery,
    page: PageOf,
    keep: Callable[[sa.Row[Any]], bool] = lambda row: True,
    only: sa.ColumnElement[bool] | None = None,
    former: FormerPlace = placed,
) -> tuple[list[sa.Row[Any]], bool]:
    """Rows in order, and whether there are more in that direction.

    Args:
        rows: has columns `created_at` and `id`, which order it.
        keep: whether the reader may see a row.
        only: what is wanted of a row just now; cursors need not meet it any more.
        former: where a cursor stood that is none of the ids.

    Raises:
        InvalidError: a cursor is none of the ids, nor was one.
    """
    after, before = (_place(connection, rows, cursor, keep, former) for cursor in (page.after, page.before))
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
    connection: sa.Connection,
    rows: sa.Subquery,
    cursor: str | None,
    keep: Callable[[sa.Row[Any]], bool],
    former: FormerPlace,
) -> _Place | None:
    if cursor is None:
        return None
    row = connection.execute(sa.select(rows).where(rows.c.id == cursor)).one_or_none()
    found = former(connection, cursor) if row is None else (row.created_at, row.id) if keep(row) else None
    if found is None:
        raise InvalidError("A cursor (after, before) is no id of this list; give the last id of the page before.")
    return found


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
