"""Collections of a Qdrant server: an alias, which has the name that users know, and the collection behind it."""

from collections.abc import Callable
from itertools import count
from time import monotonic

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from ingest.errors import IndexMismatchError, InvalidError
from retrieval.store import layout
from retrieval.store.identity import Identity, check_identity
from retrieval.store.options import IndexOptions
from retrieval.store.server_config import config

IDENTITY = "citewell"
"""Key of the identity in the collection's metadata."""
FRESH_S = 60.0


class Size:
    """About how many chunks a collection has, as of a minute ago at most: other processes write, too.

    Args:
        ask: the server, which need not count exactly.
    """

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask, self._asked, self._last = ask, monotonic(), ask()

    def now(self) -> int:
        if monotonic() - self._asked >= FRESH_S:
            self._asked, self._last = monotonic(), self._ask()
        return self._last


def opened(
    client: QdrantClient, alias: str, identity: Identity, options: IndexOptions, where: str
) -> tuple[Identity, set[str]]:
    """Makes the collection where there is none yet; gives what it was made with and the payload fields that have an
    index.

    Args:
        where: names it in messages.
    """
    if not client.collection_exists(alias):
        _create(client, alias, identity, options)
    elif behind(client, alias) is None:
        raise InvalidError(f"The name {where} is that of a collection without an alias: choose another name.")
    found = client.get_collection(alias)
    return check_identity(_stored(found), identity, where), set(found.payload_schema or {})


def drop(client: QdrantClient, alias: str) -> None:
    """Delete the collection behind the alias. The server removes the alias with it: wherever this is interrupted,
    neither is left without the other."""
    if (name := behind(client, alias)) is not None:
        client.delete_collection(name)


def behind(client: QdrantClient, alias: str) -> str | None:
    names = (one.collection_name for one in client.get_aliases().aliases if one.alias_name == alias)
    return next(names, None)


def _create(client: QdrantClient, alias: str, identity: Identity, options: IndexOptions) -> None:
    """Never takes over points or what was made with other settings: a collection that has lost its alias, or never got
    one before the settings changed, is passed by."""
    for number in count(1):
        name = f"{alias}~{number}"  # no name that a user can give a collection: those have no ~
        _make(client, name, identity, options)
        if not client.count(name).count and _made_with(client, name, identity):
            break
        if behind(client, alias) is not None:
            return  # another process has made and filled it meanwhile
    _create_indexes(client, name)
    # The alias comes last: a collection that can be seen is complete.
    link = models.CreateAlias(collection_name=name, alias_name=alias)
    client.update_collection_aliases([models.CreateAliasOperation(create_alias=link)])


def _made_with(client: QdrantClient, name: str, identity: Identity) -> bool:
    try:
        check_identity(_stored(client.get_collection(name)), identity, name)
    except IndexMismatchError:
        return False
    return True


def _stored(found: models.CollectionInfo) -> str | None:
    return (found.config.metadata or {}).get(IDENTITY)


def _make(client: QdrantClient, name: str, identity: Identity, options: IndexOptions) -> None:
    if client.collection_exists(name):
        return
    try:
        client.create_collection(name, **config(identity.dimension, options), metadata={IDENTITY: identity.to_json()})
    except (UnexpectedResponse, ValueError):
        if not client.collection_exists(name):  # else another process was faster
            raise


def _create_indexes(client: QdrantClient, name: str) -> None:
    for field in layout.KEYWORD_INDEXES:
        index = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=field == layout.TENANT)
        client.create_payload_index(name, field, index, wait=True)
