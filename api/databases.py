"""What a process keeps in its data folder and in the catalog's database."""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from api.erasing import erase
from api.models import Models
from generation.conversation.sessions import Sessions
from ingest.catalog import Catalog, sqlite_url
from ingest.errors import UnavailableError
from ingest.journal.journal import Journals
from ingest.library.shelves import Library


class Databases(Models):
    """Opened on first use."""

    @cached_property
    def catalog(self) -> Catalog:
        url = self.settings.catalog.url
        return Catalog(url.get_secret_value() if url else sqlite_url(self.data / self._sqlite.name))

    @cached_property
    def library(self) -> Library:
        return Library.opened(self.catalog.engine, self.data / "files")

    @cached_property
    def journals(self) -> Journals:
        return Journals.opened(self.catalog.engine)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.catalog.engine)

    @property
    def _sqlite(self) -> Path:
        return self.settings.data / "catalog.sqlite"

    @cached_property
    def data(self) -> Path:
        try:
            self.settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(
                f"The data folder {self.settings.data} cannot be made ({error.strerror}); choose another with --data."
            ) from error
        return self.settings.data

    def forget(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Delete what the settings say is not to be kept any longer, and what was copied from documents that have been
        deleted. `stopped`: asked again and again; where it says so, the rest is left to the next call."""
        if days := self.settings.sessions.keep_days:
            self.sessions.forget(timedelta(days=days))
        erase(self.catalog, self.journals, self.sessions, stopped=stopped)
        self.library.places.forget()
