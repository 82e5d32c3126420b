"""Conversations, kept in the catalog's database."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from generation.conversation.rows import (
    EXCHANGES,
    SCHEMA,
    SESSIONS,
    citation_row,
    exchange_of,
    exchange_row,
    fingerprint,
    kept,
    session_of,
    session_row,
)
from generation.conversation.types import Exchange, Session
from generation.conversation.withholding import blanked, cited, without
from generation.types import Answer
from ingest.catalog_rows import make_tables
from ingest.errors import NotFoundError
from ingest.library.pages import PageOf, paged
from retrieval.types import Access

TITLE_LENGTH = 80
_AT_ONCE = 500


class Sessions:
    """Safe to use from several threads and processes.

    Args:
        engine: of the catalog's database; tables that it lacks are made.

    Every method raises UnavailableError where the database does not answer.
    """

    def __init__(
        self,
        engine: sa.Engine,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        make_tables(engine, SCHEMA)
        self._engine, self._new_id, self._now = engine, new_id, now

    def add(self, access: Access, collection: str, title: str = "") -> Session:
        """A new one, for this reader."""
        now, groups = self._now(), tuple(sorted(set(access.groups)))
        session = Session(self._new_id(), access.tenant, groups, collection, kept(title), now, now)
        with self._engine.begin() as connection:
            connection.execute(sa.insert(SESSIONS), [session_row(session)])
        return session

    def get(self, session_id: str, access: Access) -> Session:
        """Raises NotFoundError where this reader has none of this id; whether another has is not given away."""
        query = sa.select(SESSIONS).where(SESSIONS.c.id == session_id, *_readable(access))
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise _absent(session_id)
        return session_of(row)

    def page(self, access: Access, page: PageOf) -> tuple[list[Session], bool]:
        """One page, and whether there are more. Raises InvalidError where a cursor is no id of the list."""
        with self._engine.connect() as connection:
            rows, more = paged(connection, sa.select(SESSIONS).where(*_readable(access)).subquery(), page)
        return [session_of(row) for row in rows], more

    def exchanges(self, session_id: str, newest: int | None = None) -> list[Exchange]:
        """Oldest first; with `newest` only so many of the last."""
        query = (
            sa.select(EXCHANGES)
            .where(EXCHANGES.c.session_id == session_id)
            .order_by(EXCHANGES.c.position.desc())
            .limit(newest)
        )
        with self._engine.connect() as connection:
            return [exchange_of(row) for row in connection.execute(query)][::-1]

    def append(self, session_id: str, question: str, standalone: str, answer: Answer) -> bool:
        """Put an exchange behind the others, whole; false where the session was deleted meanwhile.

        The change of the session comes first: it keeps others out until both are done.
        """
        row = exchange_row(question, standalone, answer, now := self._now())
        title = sa.case((SESSIONS.c.title == "", title_of(question)), else_=SESSIONS.c.title)
        change = sa.update(SESSIONS).where(SESSIONS.c.id == session_id).values(updated_at=now, title=title)
        position = sa.select(sa.func.coalesce(sa.func.max(EXCHANGES.c.position) + 1, 0)).where(
            EXCHANGES.c.session_id == session_id
        )
        with self._engine.begin() as connection:
            if not connection.execute(change).rowcount:
                return False
            following = connection.execute(position).scalar_one()
            connection.execute(sa.insert(EXCHANGES), [{**row, "session_id": session_id, "position": following}])
        return True

    def rename(self, session: Session, title: str) -> Session:
        """Raises NotFoundError where it was deleted meanwhile."""
        change = sa.update(SESSIONS).where(SESSIONS.c.id == session.id).values(title=kept(title))
        with self._engine.begin() as connection:
            if not connection.execute(change).rowcount:
                raise _absent(session.id)
        return replace(session, title=kept(title))

    def remove(self, session_id: str) -> None:
        """With all that was said in it."""
        self._remove(SESSIONS.c.id == session_id)

    def forget(self, keep: timedelta) -> int:
        """Remove those in which nothing was said for so long. Gives their number."""
        return self._remove(SESSIONS.c.updated_at < self._now() - keep)

    def erasing(self, deleted: Mapping[str, datetime], since: datetime) -> Iterator[None]:
        """Take the text of documents out of what was answered before they were deleted, and what later questions may
        have taken from it: a page with each step of the iterator, which may be left at any of them.

        Args:
            since: exchanges that are older have been dealt with.
        """
        for rows in self._pages(since, max(deleted.values())):
            pairs = ((row.session_id, _without(exchange_of(row), deleted)) for row in rows)
            self._rewrite([(session_id, exchange) for session_id, exchange in pairs if exchange])
            yield

    def _pages(self, since: datetime, until: datetime) -> Iterator[Sequence[sa.Row[Any]]]:
        """Exchanges from then to then."""
        key, at = sa.tuple_(EXCHANGES.c.session_id, EXCHANGES.c.position), EXCHANGES.c.created_at
        old = sa.select(EXCHANGES).where(at.between(since.astimezone(UTC), until.astimezone(UTC)))
        last: tuple[str, int] | None = ("", 0)
        while last is not None:
            page = old.where(key > sa.tuple_(*map(sa.literal, last))).order_by(*key.clauses).limit(_AT_ONCE)
            with self._engine.connect() as connection:
                rows = connection.execute(page).all()
            yield rows
            last = (rows[-1].session_id, rows[-1].position) if rows else None

    def _rewrite(self, exchanges: Sequence[tuple[str, Exchange]]) -> None:
        """With the ids of their sessions, all in one transaction."""
        if not exchanges:
            return
        with self._engine.begin() as connection:
            for session_id, exchange in exchanges:
                own, citations = EXCHANGES.c.session_id == session_id, [citation_row(one) for one in exchange.citations]
                one = sa.update(EXCHANGES).where(own, EXCHANGES.c.position == exchange.position)
                connection.execute(one.values(answer=exchange.answer, citations=citations))
                later = sa.update(EXCHANGES).where(own, EXCHANGES.c.position > exchange.position)
                connection.execute(later.values(standalone=EXCHANGES.c.question))

    def _remove(self, chosen: sa.ColumnElement[bool]) -> int:
        """The sessions first: whoever is appending to one waits, and then has nothing to append to."""
        doomed = sa.delete(SESSIONS).where(chosen).returning(SESSIONS.c.id)
        with self._engine.begin() as connection:
            gone = list(connection.execute(doomed).scalars())
            for start in range(0, len(gone), _AT_ONCE):
                some = gone[start : start + _AT_ONCE]
                connection.execute(sa.delete(EXCHANGES).where(EXCHANGES.c.session_id.in_(some)))
        return len(gone)


def title_of(question: str) -> str:
    """The beginning of a question, on one line."""
    line = " ".join(kept(question).split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def _without(exchange: Exchange, deleted: Mapping[str, datetime]) -> Exchange | None:
    """None where it has no text of what was deleted after it."""
    there = cited([exchange]) - blanked(exchange)
    gone = {key for key in there if key in deleted and exchange.created_at <= deleted[key]}
    return next(without([exchange], [gone])) if gone else None


def _absent(session_id: str) -> NotFoundError:
    return NotFoundError(f"There is no session {session_id!r}; GET /v1/sessions lists yours, POST makes one.")


def _readable(access: Access) -> tuple[sa.ColumnElement[bool], ...]:
    return SESSIONS.c.tenant == access.tenant, SESSIONS.c.reader == fingerprint(access.groups)
