"""A language model in this process, on GPU or CPU, through transformers."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from tokenizers.decoders import DecodeStream

from generation.context import Packer
from generation.generators.chat import ChatOptions
from generation.generators.local.batch import Batch, Writing
from generation.generators.local.model import LanguageModel
from generation.generators.local.scheduler import Scheduler
from generation.generators.local.weights import LazyModel
from generation.generators.thoughts import Thoughts, only_thoughts, untagged_thoughts
from generation.prompting import RULES, messages
from generation.types import Packed, Prompt, Usage
from ingest.errors import TooSlowError, UnavailableError
from retrieval.types import Hit

_Item: TypeAlias = int | Exception | None


class TransformersGenerator:
    """Port `Generator`. Requests that come at the same time are written together, each as it would be alone; what all
    prompts begin with is read once.

    The batches are plain ones on the GPU, too: transformers' own continuous batching with paged memory
    (`ContinuousBatchingManager`) is not used.

    Args:
        batch_size: how many answers are written at once; others wait.
    """

    def __init__(self, model: LazyModel, options: ChatOptions, batch_size: int) -> None:
        self._model, self._options, self._batch_size = model, options, batch_size
        self._lock = threading.Lock()
        self._scheduler: Scheduler | None = None

    @property
    def name(self) -> str:
        return self._model.name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        model, scheduler, tokens = await asyncio.to_thread(self._prepared, prompt)
        told: asyncio.Queue[_Item] = asyncio.Queue()
        chosen = self._options
        tell = _from_a_thread(asyncio.get_running_loop(), told)
        writing = Writing(tokens, chosen.max_tokens, chosen.temperature, chosen.seed, tell)
        text, thoughts, said = DecodeStream(skip_special_tokens=True), Thoughts(model.opens_thoughts(tokens)), False
        scheduler.submit(writing)
        try:
            token = await self._within(chosen.first_token_s, told, "first_token_s")
            while token is not None:
                # a step gives none while a character is not complete
                piece = thoughts.without(text.step(model.tokenizer, token) or "")
                if thoughts.untagged:
                    raise untagged_thoughts(f"The language model {self.name}")
                if piece:
                    said = True
                    yield piece
                token = await self._within(chosen.between_tokens_s, told, "between_tokens_s")
            if rest := thoughts.rest():
                yield rest
            elif thoughts.any and not said:
                raise only_thoughts(f"The language model {self.name}", chosen.max_tokens)
            yield Usage(len(tokens), writing.written, writing.cut)
        finally:
            writing.cancelled = True

    def _prepared(self, prompt: Prompt) -> tuple[LanguageModel, Scheduler, Sequence[int]]:
        model = self._model.loaded()
        with self._lock:
            if self._scheduler is None:
                self._scheduler = Scheduler(Batch(model, model.beginning(RULES)), self._batch_size)
        tokens = model.prompt(messages(prompt))
        if model.window and len(tokens) + self._options.max_tokens > model.window:
            raise UnavailableError(
                f"The language model {self.name} reads and writes {model.window} tokens at once, and this prompt has "
                f"{len(tokens)}; lower answers.max_tokens or answers.passages, or choose another model."
            )
        return model, self._scheduler, tokens

    async def _within(self, seconds: float, told: "asyncio.Queue[_Item]", setting: str) -> int | None:
        try:
            async with asyncio.timeout(seconds):
                item = await told.get()
        except TimeoutError:
            raise TooSlowError(
                f"The language model {self.name} wrote no token within {seconds:g} s; see that the machine has time, "
                f"or raise answers.{setting}."
            ) from None
        if isinstance(item, Exception):
            raise item
        return item


class ModelPacker:
    """Port `ContextPacker`: what fits into the model's context as its own tokenizer and its chat template count.

    Args:
        context_tokens: for prompt and answer together, if the model reads as many.
        max_tokens: that are kept for the answer.
    """

    def __init__(self, model: LazyModel, context_tokens: int, max_tokens: int, text_of: Callable[[str], str]) -> None:
        self._model, self._context_tokens, self._max_tokens, self._text_of = model, context_tokens, max_tokens, text_of

    def pack(self, question: str, hits: Sequence[Hit]) -> Packed:
        model = self._model.loaded()
        room = min(self._context_tokens, model.window or self._context_tokens) - self._max_tokens
        return Packer(room, model.count, self._text_of, model.template_tokens).pack(question, hits)


def _from_a_thread(loop: asyncio.AbstractEventLoop, told: "asyncio.Queue[_Item]") -> Callable[[_Item], None]:
    def tell(item: _Item) -> None:
        with suppress(RuntimeError):  # the loop was closed: nobody listens any more
            loop.call_soon_threadsafe(told.put_nowait, item)

    return tell
