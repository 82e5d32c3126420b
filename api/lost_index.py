"""Indexes that are gone while the catalog still lists their documents."""

from ingest.catalog import Catalog
from ingest.errors import UnavailableError
from retrieval.ports import Store


def check_lost(catalog: Catalog, name: str, store: Store, writing: bool) -> None:
    """Raises UnavailableError where the catalog lists what the store has lost; whoever writes has it all ingested
    again."""
    lost = _lost(catalog, name, store)
    if lost and not writing:
        raise UnavailableError(
            f"The index of collection {name!r} is gone, though the catalog lists {lost} documents; "
            f"restore the data folder from a backup, or ingest the documents again."
        )
    if lost:
        with catalog.writing(name):
            if _lost(catalog, name, store):  # nobody has begun to fill it meanwhile
                catalog.mark_stale(name)


def _lost(catalog: Catalog, name: str, store: Store) -> int:
    """Number of documents whose chunks are gone. The catalog is asked first: writers fill the store first."""
    listed = catalog.count(name)
    return 0 if store.count() else listed
