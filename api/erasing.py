"""What was copied from documents before they were deleted is erased from traces, feedback and sessions."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import ValidationError

from api.traces.schemas import KeptFeedback, TraceOut
from api.traces.withholding import documents_of, documents_of_feedback, feedback_without, without
from generation.conversation.sessions import Sessions
from ingest.catalog import Catalog
from ingest.journal.journal import Entry, Journal, Journals

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_log = logging.getLogger(__name__)


def erase(catalog: Catalog, journals: Journals, sessions: Sessions, now: datetime | None = None) -> None:
    """Ids and scores stay. Raises UnavailableError where the database does not answer; the next call goes on."""
    deleted = catalog.deletions.to_erase()
    if deleted:
        tenants = catalog.deletions.tenants()
        until = max(deleted.values())
        _rewrite(journals.traces, until, lambda entry: _trace_without(entry, deleted))
        _rewrite(journals.feedback, until, lambda entry: _feedback_without(entry, deleted, tenants))
        sessions.erase(deleted)
    catalog.deletions.erased(deleted, now or datetime.now(UTC))


def _rewrite(journal: Journal, until: datetime, erased: Callable[[Entry], str | None]) -> None:
    """`erased`: the body of an entry without what was deleted after it, None where it has nothing of that."""
    for entry in journal.every(until):
        try:
            body = erased(entry)
        except ValidationError:
            _log.warning("%s is erased by the version of Citewell that wrote it", entry.id)
        else:
            if body is not None:
                journal.rewrite(replace(entry, body=body))


def _trace_without(entry: Entry, deleted: Mapping[str, datetime]) -> str | None:
    if not _later(_ID.findall(entry.body), entry, deleted):
        return None  # soon found out
    trace = TraceOut.model_validate_json(entry.body)
    gone = _later(documents_of(trace), entry, deleted) - {*trace.withheld}
    return without(trace, gone).model_dump_json() if gone else None


def _feedback_without(entry: Entry, deleted: Mapping[str, datetime], tenants: Iterable[str]) -> str | None:
    said = before = KeptFeedback.model_validate_json(entry.body)
    for tenant in tenants if said.tenant is None else [said.tenant]:
        if gone := _later(documents_of_feedback(said, tenant), entry, deleted) - {*said.withheld}:
            said = feedback_without(said, gone, tenant)
    return None if said is before else said.model_dump_json()


def _later(documents: Iterable[str], entry: Entry, deleted: Mapping[str, datetime]) -> set[str]:
    """Those that were deleted after the entry was made."""
    return {key for key in {*documents} if key in deleted and deleted[key] >= entry.created_at}
