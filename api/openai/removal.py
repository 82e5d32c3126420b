"""What is taken out of the index, and what of it stays kept."""

from api.bootstrap import Services
from ingest.errors import DeniedError
from ingest.library.rows import AttachedFile
from retrieval.types import Access


def remove_upload(services: Services, file_id: str, access: Access) -> None:
    """The file itself, and what was indexed of it in every store."""
    library = services.library
    upload = library.uploads.get(file_id, access.tenant, access.groups)
    for collection in library.files.holders(upload.id, access.tenant):
        remove_file(
            services, collection, library.files.get(collection, access.tenant, access.groups, upload.id), access
        )
    library.uploads.remove(upload.id)


def remove_file(services: Services, collection: str, file: AttachedFile, access: Access) -> None:
    """From one store. It is forgotten first, so that nobody begins with it; whoever has begun is waited for."""
    services.library.files.remove(collection, access.tenant, file.id)
    if services.at_hand(collection) or services.catalog.get(file.document_id):
        services.collection(collection).ingestor.remove([file.document_id])


def remove_store(services: Services, collection: str, access: Access) -> None:
    """With its documents and, unless other tenants have some in it, its index. Uploaded files stay.

    Raises:
        DeniedError: it holds documents that the caller may not read, or files that are to become such.
    """
    entries = services.catalog.page(collection, access.tenant)
    indexed = all(entry.readable_by(access.tenant, access.groups) for entry in entries)
    if not (indexed and services.library.files.all_readable(collection, access.tenant, access.groups)):
        raise DeniedError("The vector store holds documents that you may not read; ask who may to delete it.")
    services.library.stores.remove(collection, access.tenant)
    if entries:
        services.collection(collection).ingestor.remove([entry.id for entry in entries])
    if not services.library.stores.shared(collection):
        services.drop(collection)
