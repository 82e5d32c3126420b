"""The command line's way to a running server, through REST."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from api.schemas import AnswerIn, DocumentOut, DocumentsOut, DocumentTextOut, IngestedOut, SearchIn, SearchOut
from api.schemas_answers import AnswerOut, LostAnswer, lost_answer
from api.schemas_sessions import SessionIn, SessionOut, SessionsOut, SessionTurnsOut
from api.traces.schemas import FeedbackIn, FeedbackOut, FeedbacksOut, ReplayOut, TraceOut, TracesOut
from generation.errors import GenerationError
from ingest.errors import CitewellError, InvalidError, PermanentError, TransientError, UnavailableError
from ingest.pipeline import FileResult
from ingest.sources.filesystem import SourceFile, require_regular

_Model = TypeVar("_Model", bound=BaseModel)


class LostAnswerError(TransientError):
    """The server's language model failed; `found` is what it was to read."""

    def __init__(self, found: LostAnswer) -> None:
        super().__init__(found.detail)
        self.found = found


def found_before(error: GenerationError | LostAnswerError) -> LostAnswer:
    """What the language model was to read when it failed, here or on a server."""
    return error.found if isinstance(error, LostAnswerError) else lost_answer(error, 503, "No answer")


class RestClient:
    """Calls of one server, until the end of the `with` block. Its problems are raised as this process's own errors."""

    def __init__(self, url: str, timeout_s: float = 600.0, transport: httpx.BaseTransport | None = None) -> None:
        wrong = f"A server is named by a URL such as http://127.0.0.1:8080, not {url!r}."
        if not url.startswith(("http://", "https://")):
            raise InvalidError(wrong)
        try:
            self._http = httpx.Client(base_url=url.rstrip("/"), timeout=timeout_s, transport=transport)
        except httpx.InvalidURL as error:
            raise InvalidError(wrong) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def search(self, body: SearchIn) -> SearchOut:
        return self._call(SearchOut, "POST", "/v1/search", json=body.model_dump(mode="json", exclude_none=True))

    def answer(self, body: AnswerIn) -> AnswerOut:
        return self._call(AnswerOut, "POST", "/v1/answers", json=body.model_dump(mode="json", exclude_unset=True))

    def create_session(self, body: SessionIn) -> SessionOut:
        return self._call(SessionOut, "POST", "/v1/sessions", json=body.model_dump(mode="json"))

    def sessions(self, limit: int, after: str) -> SessionsOut:
        return self._call(SessionsOut, "GET", "/v1/sessions", params={"limit": limit, "after": after})

    def session(self, session_id: str) -> SessionTurnsOut:
        return self._call(SessionTurnsOut, "GET", f"/v1/sessions/{quote(session_id, safe='')}")

    def delete_session(self, session_id: str) -> SessionOut:
        return self._call(SessionOut, "DELETE", f"/v1/sessions/{quote(session_id, safe='')}")

    def documents(self, collection: str, limit: int, after: str) -> DocumentsOut:
        parameters = {"collection": collection, "limit": limit, "after": after}
        return self._call(DocumentsOut, "GET", "/v1/documents", params=parameters)

    def document(self, document_id: str) -> DocumentTextOut:
        return self._call(DocumentTextOut, "GET", f"/v1/documents/{quote(document_id, safe='')}")

    def delete(self, document_id: str) -> DocumentOut:
        return self._call(DocumentOut, "DELETE", f"/v1/documents/{quote(document_id, safe='')}")

    def traces(self, limit: int, after: str) -> TracesOut:
        return self._call(TracesOut, "GET", "/v1/traces", params={"limit": limit, "after": after})

    def trace(self, trace_id: str) -> TraceOut:
        return self._call(TraceOut, "GET", f"/v1/traces/{quote(trace_id, safe='')}")

    def delete_trace(self, trace_id: str) -> None:
        self._answered("DELETE", f"/v1/traces/{quote(trace_id, safe='')}")

    def replay(self, trace_id: str) -> ReplayOut:
        return self._call(ReplayOut, "POST", f"/v1/traces/{quote(trace_id, safe='')}/replay")

    def give_feedback(self, body: FeedbackIn) -> FeedbackOut:
        return self._call(FeedbackOut, "POST", "/v1/feedback", json=body.model_dump(mode="json", exclude_none=True))

    def delete_feedback(self, feedback_id: str) -> None:
        self._answered("DELETE", f"/v1/feedback/{quote(feedback_id, safe='')}")

    def feedback(self, limit: int, after: str) -> FeedbacksOut:
        return self._call(FeedbacksOut, "GET", "/v1/feedback", params={"limit": limit, "after": after})

    def ingest(
        self, files: Sequence[SourceFile], collection: str, groups: Sequence[str], metadata: str
    ) -> Iterator[FileResult]:
        for file in files:
            yield self._ingest_one(file, {"collection": collection, "groups": list(groups), "metadata": metadata})

    def _ingest_one(self, file: SourceFile, form: dict[str, Any]) -> FileResult:
        try:
            require_regular(file.path)
            with file.path.open("rb") as stream:
                upload = {"file": (file.path.name, stream)}
                form = {**form, "source": file.source}
                done = self._call(IngestedOut, "POST", "/v1/documents", data=form, files=upload)
        except (PermanentError, InvalidError) as error:
            return FileResult(file.source, "failed", "", reason=str(error))
        except OSError as error:
            return FileResult(file.source, "failed", "", reason=f"{file.path.name} cannot be read ({error.strerror}).")
        return FileResult(done.source, done.status, done.document_id, done.chunks, done.reason)

    def _call(self, model: type[_Model], method: str, path: str, **arguments: Any) -> _Model:
        response = self._answered(method, path, **arguments)
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise UnavailableError(
                f"What answers at {self._http.base_url} is no Citewell server of this version; check the URL."
            ) from error

    def _answered(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **arguments)
        except UnicodeEncodeError as error:
            raise InvalidError("What is to be sent holds half a character (a surrogate); write it anew.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnavailableError(
                f"The server {self._http.base_url} does not answer ({error}); check the URL and that it runs."
            ) from error
        if not response.is_success:
            raise _error_of(response)
        return response


def _error_of(response: httpx.Response) -> CitewellError:
    if response.has_redirect_location:  # where it leads to, the call would perhaps become another one
        return InvalidError(f"The server redirects to {response.headers['location']}; give that one's URL.")
    with suppress(ValidationError):
        return LostAnswerError(LostAnswer.model_validate_json(response.content))
    try:
        detail = str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"The server answered {response.status_code} {response.reason_phrase}."
    if response.status_code in (415, 422):
        return PermanentError(detail)
    return TransientError(detail) if response.status_code >= 500 else InvalidError(detail)
