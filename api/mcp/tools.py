"""Citewell as a server of the Model Context Protocol: three tools over a reader."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel

from api.bodies import body
from api.client import LostAnswerError, found_before
from api.mcp import texts
from api.mcp.arguments import AnswerArguments, ReadArguments, SearchArguments, schema
from api.reader import Reader
from api.schemas import AnswerIn, DocumentPartOut, SearchIn, SearchOut
from api.schemas_answers import AnswerOut
from api.version import citewell_version
from generation.errors import GenerationError
from ingest.errors import CitewellError, InvalidError

NEAREST = 3
"""Passages shown where there is no answer, as on the command line."""
_log = logging.getLogger(__name__)
_INSTRUCTIONS = (
    "A knowledge base of the company's documents. Ask `answer` first: each sentence of its answer is quoted from a "
    "document, and a refusal means that the documents do not say. Use `search` for passages on a subject, and "
    "`read_document` to read round a passage. Cite title, page and headings to the user."
)


@dataclass(frozen=True)
class _Told:
    """A result, structured and as text."""

    result: BaseModel
    text: str


@dataclass(frozen=True)
class _Tool:
    name: str
    title: str
    description: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    call: Callable[[Any], Awaitable[_Told]]


def create_server(reader: Reader, page_characters: int) -> Server:
    """The server, to be run over any transport of the SDK.

    Args:
        page_characters: the most that `read_document` gives at once.
    """
    tools = {tool.name: tool for tool in _tools(reader, page_characters)}

    async def list_tools(_context: object, _params: object) -> ListToolsResult:
        return ListToolsResult(tools=[_described(tool) for tool in tools.values()])

    async def call_tool(_context: object, params: CallToolRequestParams) -> CallToolResult:
        if params.name not in tools:
            raise MCPError(INVALID_PARAMS, f"There is no tool {params.name!r}; there are {', '.join(tools)}.")
        return await _called(tools[params.name], params.arguments or {})

    return Server(
        "citewell",
        title="Citewell",
        version=citewell_version(),
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _tools(reader: Reader, page_characters: int) -> tuple[_Tool, ...]:
    async def search(asked: SearchArguments) -> _Told:
        found = await reader.search(SearchIn(**dict(asked)))
        return _Told(found, texts.found_text(found))

    async def answer(asked: AnswerArguments) -> _Told:
        request = AnswerIn(query=asked.question, filters=asked.filters, collection=asked.collection)
        answered = await reader.answer(request)
        # The citations say all that an answer rests on; the passages would only be read a second time.
        shown = answered.model_copy(update={"hits": answered.hits[:NEAREST] if answered.refused else []})
        return _Told(shown, texts.answer_text(shown))

    async def read(asked: ReadArguments) -> _Told:
        part = await _read(reader, asked, page_characters)
        return _Told(part, texts.part_text(part))

    return (
        _Tool(
            "search",
            "Search documents",
            "Find the passages of the company's documents that match best, by meaning and by words.",
            SearchArguments,
            SearchOut,
            search,
        ),
        _Tool(
            "answer",
            "Answer from documents",
            "Answer a question from the company's documents. Every sentence is quoted word for word and cited; "
            "`refused` is true where the documents do not answer it, and then the nearest passages are given.",
            AnswerArguments,
            AnswerOut,
            answer,
        ),
        _Tool(
            "read_document",
            "Read a document",
            f"Read the text of a document, or a range of its characters, at most {page_characters} at a time; "
            f"`next` says where to read on, and is null at the end.",
            ReadArguments,
            DocumentPartOut,
            read,
        ),
    )


async def _read(reader: Reader, asked: ReadArguments, page_characters: int) -> DocumentPartOut:
    document = await reader.document(asked.document_id)
    start, size = asked.char_start, len(document.text)
    if start >= size:
        raise InvalidError(f"The document has {size} characters; char_start must be less.")
    until = min(asked.char_end or size, size)
    if until <= start:
        raise InvalidError(f"char_end must be greater than char_start, which is {start}.")
    end = min(until, start + page_characters)
    fields = {**document.model_dump(), "text": document.text[start:end]}
    return DocumentPartOut(**fields, char_start=start, char_end=end, next=end if end < until else None)


def _described(tool: _Tool) -> Tool:
    return Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=schema(tool.takes),
        output_schema=schema(tool.gives),
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )


async def _called(tool: _Tool, arguments: dict[str, Any]) -> CallToolResult:
    """What goes wrong is a result, too: the model reads what to do."""
    try:
        told = await tool.call(body(tool.takes, **arguments))
    except (GenerationError, LostAnswerError) as error:
        return _failed(texts.lost_text(found_before(error), NEAREST))
    except CitewellError as error:
        return _failed(str(error))
    except Exception:
        _log.exception("The tool %s failed", tool.name)
        return _failed("An unexpected error happened; the log of `citewell mcp` has the details.")
    return CallToolResult(content=[_text(told.text)], structured_content=told.result.model_dump(mode="json"))


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[_text(message)], is_error=True)


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text)
