"""Chat completions in OpenAI's shapes (API reference, "Chat")."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationInfo, field_validator

from api.schemas import Condition, Name
from api.schemas_answers import CitationOut, ShortOut

_PLAIN: dict[str, tuple[object, ...]] = {
    "n": (None, 1),
    "logprobs": (None, False),
    "tools": (None, []),
    "tool_choice": (None, "none", "auto"),
    "functions": (None, []),
    "function_call": (None, "none", "auto"),
    "modalities": (None, ["text"]),
    "response_format": (None, {"type": "text"}),
}
"""What leaves the shape of an answer as it is."""

Text = Annotated[str, StringConstraints(max_length=2**20)]
"""As long as a body may be; bounded further only where it is read. Errors name the field without this type."""
Finish: TypeAlias = Literal["stop", "length"]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PartIn(_In):
    type: Literal["text"]
    text: Text


class MessageIn(_In):
    """One of an assistant may be sent back as it was received."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Text | list[PartIn] | None = None
    name: str | None = None
    refusal: str | None = None
    annotations: list[dict[str, JsonValue]] | None = None
    audio: None = None
    function_call: None = None
    tool_calls: Annotated[list[JsonValue], Field(max_length=0)] | None = None

    @property
    def text(self) -> str:
        parts = [self.content] if isinstance(self.content, str) else [part.text for part in self.content or ()]
        return "\n".join(parts)


class StreamOptions(_In):
    include_usage: bool = False
    include_obfuscation: bool = False


class ChatIn(_In):
    """The last message of the user is the question; those before are the conversation, which `rewriting` reads. What
    the assistant is to be (`system`) and how it samples is the server's affair: these fields are taken and not heeded.
    `collection`, `filters` and `session` are extensions."""

    model: str = Field(min_length=1)
    messages: list[MessageIn] = Field(min_length=1, max_length=200)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = None
    logprobs: bool | None = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    functions: list[Any] | None = None
    function_call: Any = None
    modalities: list[str] | None = None
    response_format: dict[str, Any] | None = None
    collection: Name = "default"
    session: str | None = Field(default=None, max_length=128)
    filters: dict[str, Condition] = Field(default_factory=dict)
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    stop: Text | list[Text] | None = None
    seed: int | None = None
    user: str | None = None
    safety_identifier: str | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    logit_bias: dict[str, float] | None = None
    top_k: int | None = None
    top_logprobs: int | None = None
    reasoning_effort: str | None = None
    parallel_tool_calls: bool | None = None
    verbosity: str | None = None
    service_tier: str | None = None
    prediction: JsonValue = None
    prompt_cache_key: str | None = None
    prompt_cache_options: JsonValue = None
    prompt_cache_retention: str | None = None

    @field_validator(*_PLAIN)
    @classmethod
    def _keeps_its_shape(cls, value: object, info: ValidationInfo) -> object:
        if value not in _PLAIN[info.field_name or ""]:
            raise ValueError("must be left out: an answer is one text, without tools, JSON or probabilities")
        return value

    @field_validator("messages")
    @classmethod
    def _asks(cls, messages: list[MessageIn]) -> list[MessageIn]:
        if messages[-1].role != "user" or not messages[-1].text.strip():
            raise ValueError("the last message must be a question of the user")
        return messages


class MessageOut(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class ChoiceOut(BaseModel):
    index: int = 0
    message: MessageOut
    finish_reason: Finish = "stop"
    logprobs: None = None


class ChatUsage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Extensions(BaseModel):
    """Beyond OpenAI's shape."""

    citations: list[CitationOut] = Field(default_factory=list)
    refused: bool = False
    confidence: float = 0.0
    trace_id: str = ""
    short: ShortOut | None = None


class ChatOut(BaseModel):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChoiceOut]
    usage: ChatUsage
    citewell: Extensions


class DeltaOut(BaseModel):
    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(BaseModel):
    index: int = 0
    delta: DeltaOut
    finish_reason: Finish | None = None
    logprobs: None = None


class ChunkOut(BaseModel):
    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: ChatUsage | None = None
    citewell: Extensions | None = None
