"""What a Qdrant server or its client raises becomes one of our errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from ingest.errors import CitewellError, DeniedError, InvalidError, UnavailableError


@contextmanager
def server_errors(url: str) -> Iterator[None]:
    try:
        yield
    except CitewellError:
        raise
    except UnexpectedResponse as error:
        raise _answer_error(url, error) from error
    except (ApiException, QdrantException, OSError) as error:
        raise UnavailableError(
            f"The Qdrant server {url} does not answer ({error}): check that it runs and that the address is right."
        ) from error
    except JSONDecodeError as error:
        raise UnavailableError(
            f"The server {url} does not answer as Qdrant does ({error}): check that the address is right."
        ) from error
    except (ValueError, TypeError) as error:
        raise InvalidError(f"The Qdrant client cannot take this value: {error}.") from error


def _answer_error(url: str, error: UnexpectedResponse) -> CitewellError:
    status = error.status_code or 500
    if status in (401, 403):
        return DeniedError(f"The Qdrant server {url} refuses the API key: set the right one.")
    if status == 429 or status >= 500:
        return UnavailableError(f"The Qdrant server {url} cannot serve now (status {status}): look at its log.")
    return InvalidError(f"The Qdrant server {url} refused the request (status {status}): {error.reason_phrase}.")
