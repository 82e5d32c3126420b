"""Bodies and answers in OpenAI's shapes (API reference, "Files", "Vector stores" and "Models")."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AllowInfNan, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.schemas import Question
from ingest.library.rows import ErrorCode, Status
from ingest.types import FILE_ID

Item = TypeVar("Item")
MOST_FILES = 2_000
Key = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Value = Annotated[str, StringConstraints(max_length=512)] | bool | int | Annotated[float, AllowInfNan(False)]
Attributes = Annotated[dict[Key, Value], Field(max_length=16)]
Metadata = Annotated[dict[Key, Annotated[str, StringConstraints(max_length=512)]], Field(max_length=16)]
Title = Annotated[str, StringConstraints(max_length=512)]
Purpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
Order = Literal["asc", "desc"]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class AutoChunking(_In):
    """Chunks are cut as the server's settings say; other strategies are refused."""

    type: Literal["auto"]


class StoreIn(_In):
    name: Title = ""
    description: Title | None = None
    file_ids: list[str] = Field(default_factory=list, max_length=MOST_FILES)
    metadata: Metadata | None = None
    chunking_strategy: AutoChunking | None = None


class StoreChange(_In):
    """What is left out stays as it is."""

    name: Title | None = None
    metadata: Metadata | None = None


class FileIn(_In):
    file_id: str
    attributes: Attributes | None = None
    chunking_strategy: AutoChunking | None = None

    @model_validator(mode="after")
    def _leaves_our_attribute(self) -> "FileIn":
        check_attributes(self.attributes)
        return self


class AttributesIn(_In):
    attributes: Attributes | None

    @model_validator(mode="after")
    def _leaves_our_attribute(self) -> "AttributesIn":
        check_attributes(self.attributes)
        return self


class BatchIn(_In):
    """Either `file_ids`, all with the same attributes, or `files`."""

    file_ids: list[str] | None = Field(default=None, min_length=1, max_length=MOST_FILES)
    files: list[FileIn] | None = Field(default=None, min_length=1, max_length=MOST_FILES)
    attributes: Attributes | None = None
    chunking_strategy: AutoChunking | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "BatchIn":
        if (self.file_ids is None) is (self.files is None):
            raise ValueError("give either file_ids or files")
        if self.files is not None and self.attributes is not None:
            raise ValueError("attributes go with file_ids; give those of files to each of them")
        check_attributes(self.attributes)
        return self


class Ranking(_In):
    ranker: Literal["auto", "none", "default-2024-11-15"] = "auto"
    score_threshold: float = Field(default=0.0, ge=0, le=1)


class StoreSearchIn(_In):
    query: Question | Annotated[list[Question], Field(min_length=1, max_length=20)]
    max_num_results: int = Field(default=10, ge=1, le=50)
    filters: dict[str, Any] | None = None
    ranking_options: Ranking = Ranking()
    rewrite_query: bool = False
    search_mode: Literal["vector", "keyword", "hybrid"] | None = Field(
        default=None, description="Not OpenAI's. Default: retrieval.mode of the settings."
    )


class ErrorDetail(_Out):
    message: str = Field(description="What to do about it.")
    type: str
    param: str | None = Field(description="The part of the request that is wrong.")
    code: str | None


class ErrorOut(_Out):
    """What OpenAI's clients turn into their exceptions."""

    error: ErrorDetail


class ListOut(_Out, Generic[Item]):
    object: str = "list"
    data: list[Item]
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


class ContentPage(_Out, Generic[Item]):
    object: str = "vector_store.file_content.page"
    data: list[Item]
    has_more: bool = False
    next_page: None = None


class ModelOut(_Out):
    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class FileOut(_Out):
    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: Literal["processed"] = "processed"


class DeletedOut(_Out):
    id: str
    object: str
    deleted: bool = True


class FileCounts(_Out):
    in_progress: int
    completed: int
    failed: int
    cancelled: int
    total: int


class StoreOut(_Out):
    id: str
    object: Literal["vector_store"] = "vector_store"
    created_at: int
    name: str
    description: str | None
    usage_bytes: int = Field(description="Characters of the documents' texts.")
    file_counts: FileCounts
    status: Literal["in_progress", "completed"]
    last_active_at: None = None
    metadata: dict[str, str]


class LastError(_Out):
    code: ErrorCode
    message: str


class Chunking(_Out):
    max_chunk_size_tokens: int
    chunk_overlap_tokens: int


class ChunkingOut(_Out):
    type: Literal["static"] = "static"
    static: Chunking


class StoreFileOut(_Out):
    id: str
    object: Literal["vector_store.file"] = "vector_store.file"
    created_at: int
    vector_store_id: str
    status: Status
    last_error: LastError | None
    usage_bytes: int = Field(description="Characters of the document's text.")
    attributes: dict[str, Any]
    chunking_strategy: ChunkingOut


class BatchOut(_Out):
    id: str
    object: Literal["vector_store.files_batch"] = "vector_store.files_batch"
    created_at: int
    vector_store_id: str
    status: Status
    file_counts: FileCounts


class TextOut(_Out):
    type: Literal["text"] = "text"
    text: str


class FoundOut(_Out):
    file_id: str
    filename: str
    score: float = Field(
        description="In [0, 1]. vector without a reranker: cosine similarity; else: share of the best hit's score, "
        "which has 1."
    )
    attributes: dict[str, Any]
    content: list[TextOut]


class FoundPage(ContentPage[FoundOut]):
    object: str = "vector_store.search_results.page"
    search_query: list[str] = Field(description="As they were understood.")


def check_attributes(attributes: Attributes | None) -> None:
    if attributes and FILE_ID in attributes:
        raise ValueError(f"{FILE_ID} is kept by the server; name the attribute otherwise")
