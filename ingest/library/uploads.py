"""Files that were uploaded, whether they are in a store or not. Their bytes lie in a folder, one folder a file."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa

from ingest.errors import NotFoundError, UnavailableError
from ingest.library.pages import PageOf, paged
from ingest.library.places import left, uploads_of
from ingest.library.rows import ATTACHED, UPLOADS, Upload, readable, values_of

BLOCK_BYTES = 2**20


class Uploads:
    """Rows in the catalog's database, bytes in `<folder>/<id>/<file name>`. Safe to use from several threads."""

    def __init__(self, engine: sa.Engine, folder: Path, new_id: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._engine, self._folder = engine, folder
        self._new_id, self._now = new_id, now

    def add(self, tenant: str, groups: tuple[str, ...], filename: str, purpose: str, content: BinaryIO) -> Upload:
        """Keep a file. Its row comes last: a file that is listed is whole.

        Raises:
            UnavailableError: the disk does not take it.
        """
        file_id = f"file-{self._new_id()}"
        path = self._folder / file_id / filename
        try:
            size = _write(path, content)
            upload = Upload(file_id, tenant, groups, filename, purpose, size, self._now())
            with self._engine.begin() as connection:
                connection.execute(sa.insert(UPLOADS), [{**asdict(upload), "groups": list(groups)}])
        except BaseException:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        return upload

    def get(self, file_id: str, tenant: str, groups: tuple[str, ...]) -> Upload:
        """Raises NotFoundError where the reader has no such file."""
        found = self.several([file_id], tenant, groups)
        return found[file_id]

    def several(self, file_ids: list[str], tenant: str, groups: tuple[str, ...]) -> dict[str, Upload]:
        """By id. Raises NotFoundError where the reader lacks one; the message names it."""
        query = sa.select(UPLOADS).where(UPLOADS.c.id.in_(file_ids), UPLOADS.c.tenant == tenant)
        with self._engine.connect() as connection:
            uploads = [Upload(**values_of(row)) for row in connection.execute(query)]
        found = {upload.id: upload for upload in uploads if readable(upload.groups, groups)}
        for file_id in file_ids:
            if file_id not in found:
                raise absent(file_id)
        return found

    def page(
        self, tenant: str, groups: tuple[str, ...], page: PageOf, purpose: str | None = None
    ) -> tuple[list[Upload], bool]:
        """One page, and whether there are more."""
        query = sa.select(UPLOADS).where(UPLOADS.c.tenant == tenant)
        if purpose is not None:
            query = query.where(UPLOADS.c.purpose == purpose)

        def keep(row: sa.Row[Any]) -> bool:
            return readable(row.groups, groups)

        with self._engine.connect() as connection:
            rows, more = paged(connection, query.subquery(), page, keep, former=left(uploads_of(tenant)))
        return [Upload(**values_of(row)) for row in rows], more

    def path(self, file_id: str, filename: str) -> Path:
        """Where the bytes are."""
        return self._folder / file_id / filename

    def kept(self, upload: Upload) -> Path:
        """Where the bytes are. Raises UnavailableError where they are not."""
        path = self.path(upload.id, upload.filename)
        if not path.is_file():
            raise UnavailableError(
                f"The bytes of {upload.id} are not in {self._folder}; give all servers of the catalog one data folder."
            )
        return path

    def remove(self, file_id: str) -> bool:
        """False, and nothing is removed, where it is in a store. The row goes first: bytes that nobody lists do no
        harm, and nobody can add the file to a store any more."""
        held = sa.select(ATTACHED.c.file_id).where(ATTACHED.c.file_id == file_id).limit(1)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(UPLOADS).where(UPLOADS.c.id == file_id))  # waits for whoever adds it
            if connection.execute(held).first():
                connection.rollback()
                return False
        with suppress(FileNotFoundError):
            shutil.rmtree(self._folder / file_id)
        return True


def require_uploads(connection: sa.Connection, file_ids: Sequence[str]) -> None:
    """Whoever would remove one of them waits until the transaction ends. Raises NotFoundError where one is gone."""
    wanted = sa.select(UPLOADS.c.id).where(UPLOADS.c.id.in_(file_ids)).order_by(UPLOADS.c.id)
    there = {*connection.execute(wanted.with_for_update(read=True)).scalars()}
    if gone := [file_id for file_id in file_ids if file_id not in there]:
        raise absent(gone[0])


def absent(file_id: str) -> NotFoundError:
    return NotFoundError(f"There is no file {file_id!r}; GET /v1/files lists those that were uploaded.")


def _write(path: Path, content: BinaryIO) -> int:
    try:
        path.parent.mkdir(parents=True)
        with path.open("wb") as target:
            while block := content.read(BLOCK_BYTES):
                target.write(block)
            return target.tell()
    except OSError as error:
        raise UnavailableError(
            f"The file cannot be kept under {path.parent.parent} ({error.strerror}); check the disk."
        ) from error
