"""What is taken out of the index, and what of it stays kept."""

from api.bootstrap import Services
from ingest.errors import DeniedError
from ingest.library.places import store_files_of, stores_of, uploads_of
from ingest.library.rows import AttachedFile
from retrieval.types import Access


def remove_upload(services: Services, file_id: str, access: Access) -> None:
    """The file itself, and what was indexed of it in every store."""
    library = services.library
    upload = library.uploads.get(file_id, access.tenant, access.groups)
    library.places.leave(uploads_of(access.tenant), upload.id, upload.created_at)
    while not library.uploads.remove(upload.id):  # somebody may add it meanwhile
        for collection in library.files.holders(upload.id, access.tenant):
            file = library.files.get(collection, access.tenant, access.groups, upload.id)
            remove_file(services, collection, file, access)


def remove_file(services: Services, collection: str, file: AttachedFile, access: Access) -> None:
    """From one store. It is known there until it is out of the index, so that what fails half-way can be repeated."""
    library = services.library
    library.places.leave(store_files_of(collection, access.tenant), file.id, file.created_at)
    forget = library.files.remove
    if not services.at_hand(collection):
        with services.catalog.writing(collection):  # whoever writes it just now is waited for
            if not services.catalog.get(file.document_id):
                forget([file.document_id])
                return
    services.collection(collection).ingestor.remove([file.document_id], forget)


def remove_store(services: Services, collection: str, access: Access) -> None:
    """With its documents and, unless other tenants have some in it, its index. Uploaded files stay.

    Raises:
        NotFoundError: there is no such store.
        DeniedError: it holds documents that the caller may not read, or files that are to become such.
    """
    store = services.library.stores.get(collection, access.tenant)
    entries = services.catalog.page(collection, access.tenant)
    indexed = all(entry.readable_by(access.tenant, access.groups) for entry in entries)
    if not (indexed and services.library.files.all_readable(collection, access.tenant, access.groups)):
        raise DeniedError("The vector store holds documents that you may not read; ask who may to delete it.")
    services.library.places.leave(stores_of(access.tenant), collection, store.created_at)
    with services.catalog.writing(collection):  # whoever writes it just now is waited for
        services.library.stores.remove(collection, access.tenant)
    if entries := services.catalog.page(collection, access.tenant):
        services.collection(collection).ingestor.remove([entry.id for entry in entries])
    if not services.library.stores.shared(collection):
        services.drop(collection)
