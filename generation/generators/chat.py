"""A language model behind an OpenAI-compatible server: vLLM, TGI, SGLang, Ollama, llama.cpp, OpenAI ..."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import httpx
from httpx_sse import EventSource, SSEError, aconnect_sse

from generation.generators.thoughts import Thoughts, only_thoughts, untagged_thoughts
from generation.prompting import messages
from generation.types import Prompt, Usage
from ingest.errors import TooSlowError, UnavailableError
from retrieval.http import AgainError, Server, asked_again, bearer, checked, translated
from retrieval.llm import RENAMED

CONNECT_S = 5.0
_WAIT_S = 0.25
_CHARACTERS_A_TOKEN = 64
"""More than any token has."""
_DONE = "[DONE]"
_BY_ITSELF = ("stop", "eos", "eos_token", "stop_sequence", "end_turn", "stop_str")
"""How an answer ends that is whole. Others were cut off: by the limit ("length"), by a filter of what may be said."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class ChatOptions:
    """`first_token_s`: until the first token, all tries together; `between_tokens_s`: from each to the next one."""

    max_tokens: int
    temperature: float
    first_token_s: float
    between_tokens_s: float
    seed: int = 0


class ChatGenerator:
    """Port `Generator` over `POST {url}/chat/completions`, streamed. Asked again where the server is busy or out of
    reach, but only before the first token has come. Each stream has a connection of its own, which closing the stream
    closes, so that the server stops.

    Args:
        url: base address, such as http://localhost:8000/v1, without user and password.
        key: sent as a bearer token where there is one; never shown.
    """

    def __init__(self, url: str, model: str, key: str | None, options: ChatOptions) -> None:
        self._server, self._model, self._options = _server(url), model, options
        self._address, self._headers = f"{url.rstrip('/')}/chat/completions", bearer(key)
        self._timeout = httpx.Timeout(None, connect=min(CONNECT_S, options.first_token_s))
        self._tls = httpx.create_ssl_context()  # reads all certificates, which takes longer than to connect
        self._renames = False

    @property
    def name(self) -> str:
        return self._model

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        chosen = self._options
        begun = asked_again(self._server, self._begun, prompt, wait_s=_WAIT_S, within_s=chosen.first_token_s)
        piece, others = await self._within(chosen.first_token_s, begun, "first_token_s")
        async with aclosing(others):
            while piece is not None:
                if piece:
                    yield piece
                piece = await self._within(chosen.between_tokens_s, self._next(others), "between_tokens_s")

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        chosen = self._options
        limits = {"max_tokens": chosen.max_tokens, "temperature": chosen.temperature, "seed": chosen.seed}
        return {
            "model": self._model,
            "messages": messages(prompt),
            **({RENAMED: chosen.max_tokens} if self._renames else limits),
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    async def _within(self, seconds: float, work: Awaitable[_T], setting: str) -> _T:
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError:
            raise TooSlowError(
                f"{self._server} sent no token within {seconds:g} s; see that it has time, or raise answers.{setting}."
            ) from None

    async def _begun(self, prompt: Prompt) -> tuple[str | Usage | None, AsyncGenerator[str | Usage, None]]:
        """One try: the first piece, and where the others come from."""
        pieces = self._pieces(self._body(prompt))
        return await anext(pieces), pieces

    async def _next(self, pieces: AsyncGenerator[str | Usage, None]) -> str | Usage | None:
        try:
            return await anext(pieces, None)
        except AgainError:  # too late for that: half an answer has been read already
            raise self._server.nonsense("an answer that breaks off") from None

    async def _pieces(self, body: dict[str, Any]) -> AsyncGenerator[str | Usage, None]:
        """At least one; an empty one is a sign of life, such as a thought."""
        with translated(self._server):
            async with (
                httpx.AsyncClient(headers=self._headers, timeout=self._timeout, verify=self._tls) as client,
                aconnect_sse(client, "POST", self._address, json=body) as source,
                aclosing(self._spoken(source)) as pieces,
            ):
                await self._learn_names(source.response, body)
                checked(source.response, self._server)
                async for piece in pieces:
                    yield piece

    async def _learn_names(self, reply: httpx.Response, body: dict[str, Any]) -> None:
        """Raises AgainError where the limit is to be called otherwise, as from then on it is."""
        if reply.status_code == 400 and RENAMED not in body and RENAMED.encode() in await reply.aread():
            self._renames = True
            raise AgainError("status 400")

    async def _spoken(self, source: EventSource) -> AsyncGenerator[str | Usage, None]:
        """Without what it thinks aloud."""
        thoughts, said, thought, usage = Thoughts(), False, False, None
        async with aclosing(self._read(source)) as chunks:
            async for chunk in chunks:
                text, usage = thoughts.without(chunk.text), chunk.usage
                said, thought = said or bool(text), thought or chunk.thought
                if thoughts.untagged:
                    raise untagged_thoughts(str(self._server))
                if not usage:
                    yield text
        if rest := thoughts.rest():
            yield rest
        elif not said:
            raise self._unsaid(thought or thoughts.any or (usage is not None and usage.cut))
        if usage:
            yield usage

    def _unsaid(self, thought: bool) -> UnavailableError:
        if thought:
            return only_thoughts(str(self._server), self._options.max_tokens)
        return self._server.nonsense("an empty answer")

    async def _read(self, source: EventSource) -> AsyncGenerator["_Chunk", None]:
        """Those with text or thoughts, then one with the usage, if that is known or the answer was cut."""
        ended, cut, length, usage = False, False, 0, None
        async with aclosing(source.aiter_sse()) as events:
            try:
                async for event in events:
                    if event.data == _DONE:
                        ended = True
                        break
                    chunk = self._chunk(event.data)
                    ended, cut = ended or chunk.finished, cut or chunk.cut
                    usage, length = chunk.usage or usage, length + len(chunk.text)
                    if length > _CHARACTERS_A_TOKEN * self._options.max_tokens:
                        raise self._server.nonsense("more than answers.max_tokens allows")
                    if chunk.text or chunk.thought:
                        yield replace(chunk, usage=None)
            except SSEError:
                raise self._server.nonsense("something that is no stream of events") from None
            except httpx.TransportError:
                if not ended:
                    raise
        if not ended:
            raise AgainError("a stream that is cut")
        if usage or cut:
            yield _Chunk(usage=replace(usage or Usage(), cut=cut))

    def _chunk(self, data: str) -> "_Chunk":
        try:
            return _chunk(json.loads(data))
        except _ReportedError:
            raise UnavailableError(f"{self._server} reports an error instead of an answer; see its log.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._server.nonsense("something that is no part of a chat completion") from None


class _ReportedError(Exception):
    """An error object in the place of a part of the answer."""


@dataclass(frozen=True)
class _Chunk:
    text: str = ""
    thought: bool = False
    finished: bool = False
    cut: bool = False
    usage: Usage | None = None


def _chunk(item: Any) -> _Chunk:
    """Raises KeyError, TypeError or AttributeError for what is none."""
    if item.get("error"):
        raise _ReportedError
    counted = item.get("usage")
    usage = Usage(int(counted["prompt_tokens"]), int(counted["completion_tokens"])) if counted else None
    if not item["choices"]:
        return _Chunk(usage=usage)
    choice = item["choices"][0]
    delta = choice["delta"]
    text = delta.get("content") or ""
    if not isinstance(text, str):
        raise TypeError
    thought = bool(delta.get("reasoning_content") or delta.get("reasoning"))
    reason = choice.get("finish_reason")
    return _Chunk(text, thought, bool(reason), bool(reason) and reason not in _BY_ITSELF, usage)


def _server(url: str) -> Server:
    return Server(
        "The language model",
        url,
        silent="see that it runs and has time, or raise answers.first_token_s",
        denied="set answers.api_key to one that may use it",
        refused="check answers.url, answers.model and answers.context_tokens",
        garbled="see that answers.url names an OpenAI-compatible server, and look into its log",
    )
