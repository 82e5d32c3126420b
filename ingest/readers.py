"""Who may read what is indexed, where that changes without the file."""

import hashlib
import json
from collections.abc import Iterable, Sequence

from ingest.catalog_rows import CatalogEntry
from ingest.types import EVERYONE, Document, Section


def narrowed(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...] | None:
    """The groups of `old` that are also in `new`, None where none is; no groups are everyone."""
    if not new or EVERYONE in new:
        return tuple(old)
    if not old or EVERYONE in old:
        return tuple(new)
    return tuple(group for group in old if group in new) or None


def with_groups(entry: CatalogEntry, sections: Iterable[Section], groups: tuple[str, ...]) -> Document:
    """What is indexed, for `groups`; its revision is that of no file, so that the file is taken up again."""
    revision = hashlib.sha256(json.dumps([entry.revision, groups]).encode()).hexdigest()[:32]
    return Document(
        id=entry.id,
        collection=entry.collection,
        tenant=entry.tenant,
        groups=groups,
        source=entry.source,
        title=entry.title,
        sha256=entry.sha256,
        revision=revision,
        sections=tuple(sections),
        metadata=entry.metadata,
    )
