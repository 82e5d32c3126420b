"""One process owns an embedded index; the next one is told who."""

import os
from pathlib import Path

import portalocker

from ingest.errors import IndexLockedError


class FolderLock:
    """An exclusive lock on a folder, given back by the operating system however the process ends."""

    def __init__(self, folder: Path) -> None:
        """Takes the lock.

        Raises:
            IndexLockedError: it is taken; the message names the owner's process id where it is known.
            OSError: the folder cannot be written.
        """
        self._owner = folder / "owner.pid"
        self._file = (folder / "lock").open("a")
        try:
            portalocker.lock(self._file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException as error:
            self._file.close()
            raise IndexLockedError(_sentence(folder, self._owner)) from error
        # A file of its own: some systems refuse to read one that is locked.
        self._owner.write_text(str(os.getpid()))

    def release(self) -> None:
        if not self._file.closed:
            self._owner.unlink(missing_ok=True)
            portalocker.unlock(self._file)
            self._file.close()


def _sentence(folder: Path, owner: Path) -> str:
    return (
        f"The index {folder} is in use by {_holder(owner)}: stop that process, or send this command to the running "
        "server with `--server URL`."
    )


def _holder(owner: Path) -> str:
    try:
        pid = int(owner.read_text())
    except (OSError, ValueError):
        return "another process"
    return "this very process" if pid == os.getpid() else f"process {pid}"
