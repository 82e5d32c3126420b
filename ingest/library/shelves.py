"""All that API clients keep, in one place."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from ingest.catalog_rows import SCHEMA, make_tables
from ingest.library.batches import Batches
from ingest.library.files import Files
from ingest.library.places import LEFT, Places
from ingest.library.rows import ATTACHED, BATCH_FILES, BATCHES, STORES, UPLOADS
from ingest.library.stores import Stores
from ingest.library.uploads import Uploads


@dataclass(frozen=True)
class Library:
    uploads: Uploads
    stores: Stores
    files: Files
    batches: Batches
    places: Places
    new_id: Callable[[], str]

    @classmethod
    def opened(
        cls,
        engine: sa.Engine,
        folder: Path,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex[:24],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> "Library":
        """
        Args:
            engine: of the catalog's database; tables that it lacks are made.
            folder: where the bytes of uploaded files lie. All processes that share the database share it, too.
        """
        make_tables(engine, SCHEMA, [UPLOADS, STORES, ATTACHED, BATCHES, BATCH_FILES, LEFT])
        uploads = Uploads(engine, folder, new_id, now)
        batches = Batches(engine, new_id, now, lambda file_id, name: uploads.path(file_id, name).is_file())
        return cls(uploads, Stores(engine, now), Files(engine), batches, Places(engine, now), new_id)
