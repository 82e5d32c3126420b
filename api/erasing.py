"""What was copied from documents before they were deleted is erased from traces, feedback and sessions."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from pydantic import ValidationError

from api.traces.origins import with_origin
from api.traces.schemas import KeptFeedback, TraceOut
from api.traces.withholding import documents_of, documents_of_feedback, feedback_without, origin_unknown, without
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
        _rewrite(journals.feedback, work, partial(_feedback_without, traces=journals.traces)),
        sessions.erasing(work.deleted, work.since),
    )


def _rewrite(journal: Journal, work: ToErase, without: Callable[[Entry, ToErase], str | None]) -> Iterator[None]:
    """`without`: the body of an entry without what was deleted after it, None where it has nothing of that."""
    for page in journal.pages(work.since, max(work.deleted.values())):
        bodies = [(entry, _erased(entry, work, without)) for entry in page]
        journal.rewrite([replace(entry, body=body) for entry, body in bodies if body])
        journal.discard([entry.id for entry, body in bodies if body == ""])
        yield


def _erased(entry: Entry, work: ToErase, without: Callable[[Entry, ToErase], str | None]) -> str | None:
    """Empty where nothing can be taken out because another version of Citewell wrote it in another way."""
    try:
        return without(entry, work)
    except ValidationError:
        if not _later(_ID.findall(entry.body), entry, work.deleted):
            return None
        _log.warning("%s by another version of Citewell is deleted: it may quote what has been deleted", entry.id)
        return ""


def _trace_without(entry: Entry, work: ToErase) -> str | None:
    if not _later(_ID.findall(entry.body), entry, work.deleted):
        return None  # soon found out
    trace = TraceOut.model_validate_json(entry.body)
    gone = _later(documents_of(trace), entry, work.deleted) - {*trace.withheld}
    return without(trace, gone).model_dump_json() if gone else None


def _feedback_without(entry: Entry, work: ToErase, traces: Journal) -> str | None:
    said = before = with_origin(KeptFeedback.model_validate_json(entry.body), traces, entry.reader)
    for tenant in work.tenants if said.tenant is None else [said.tenant]:
        gone = _later(documents_of_feedback(said, tenant), entry, work.deleted) - {*said.withheld}
        if gone or (said.answer and origin_unknown(said)):  # which is shown to nobody
            said = feedback_without(said, gone, tenant)
    return None if said is before else said.model_dump_json()


def _later(documents: Iterable[str], entry: Entry, deleted: Mapping[str, datetime]) -> set[str]:
    """Those that were deleted after the entry was made."""
    return {key for key in {*documents} if key in deleted and deleted[key] >= entry.created_at}
