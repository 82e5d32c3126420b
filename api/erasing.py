"""What was copied from documents before they were deleted is erased from traces, feedback and sessions."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain

from pydantic import ValidationError

from api.traces.schemas import KeptFeedback, TraceOut
from api.traces.withholding import documents_of, documents_of_feedback, feedback_without, without
from generation.conversation.sessions import Sessions
from ingest.catalog import Catalog
from ingest.journal.deletions import ToErase
from ingest.journal.journal import Entry, Journal, Journals

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_log = logging.getLogger(__name__)


def erase(
    catalog: Catalog,
    journals: Journals,
    sessions: Sessions,
    now: datetime | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Ids and scores stay. What was deleted since the last call is looked for everywhere, then only in what is new.

    Args:
        stopped: asked after every page; where it says so, the rest is left to the next call.

    Raises:
        UnavailableError: the database does not answer; the next call goes on.
    """
    now, work = now or datetime.now(UTC), catalog.deletions.to_erase()
    for _ in _pages(journals, sessions, work) if work.deleted else ():
        if stopped():
            return
    catalog.deletions.erased(work.deleted, now)


def _pages(journals: Journals, sessions: Sessions, work: ToErase) -> Iterator[None]:
    return chain(
        _rewrite(journals.traces, work, _trace_without),
        _rewrite(journals.feedback, work, _feedback_without),
        sessions.erasing(work.deleted, work.since),
    )


def _rewrite(journal: Journal, work: ToErase, without: Callable[[Entry, ToErase], str | None]) -> Iterator[None]:
    """`without`: the body of an entry without what was deleted after it, None where it has nothing of that."""
    for page in journal.pages(work.since, max(work.deleted.values())):
        bodies = ((entry, _erased(entry, work, without)) for entry in page)
        journal.rewrite([replace(entry, body=body) for entry, body in bodies if body is not None])
        yield


def _erased(entry: Entry, work: ToErase, without: Callable[[Entry, ToErase], str | None]) -> str | None:
    try:
        return without(entry, work)
    except ValidationError:
        _log.warning("%s is erased by the version of Citewell that wrote it", entry.id)
        return None


def _trace_without(entry: Entry, work: ToErase) -> str | None:
    if not _later(_ID.findall(entry.body), entry, work.deleted):
        return None  # soon found out
    trace = TraceOut.model_validate_json(entry.body)
    gone = _later(documents_of(trace), entry, work.deleted) - {*trace.withheld}
    return without(trace, gone).model_dump_json() if gone else None


def _feedback_without(entry: Entry, work: ToErase) -> str | None:
    said = before = KeptFeedback.model_validate_json(entry.body)
    for tenant in work.tenants if said.tenant is None else [said.tenant]:
        if gone := _later(documents_of_feedback(said, tenant), entry, work.deleted) - {*said.withheld}:
            said = feedback_without(said, gone, tenant)
    return None if said is before else said.model_dump_json()


def _later(documents: Iterable[str], entry: Entry, deleted: Mapping[str, datetime]) -> set[str]:
    """Those that were deleted after the entry was made."""
    return {key for key in {*documents} if key in deleted and deleted[key] >= entry.created_at}
