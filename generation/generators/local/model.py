"""A language model that is loaded: its tokenizer, its chat template, its network."""

from collections.abc import Sequence
from functools import cached_property
from itertools import takewhile
from typing import Any

import torch
from jinja2 import TemplateError
from tokenizers import Tokenizer
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from generation.generators.thoughts import OPENINGS
from generation.prompting import Message
from ingest.errors import UnavailableError
from retrieval.embedders.tokens import spans, unlimited

_TAG_TOKENS = 12
"""That a tag and a line break have at most."""
_BATCHED = {"full_attention", "sliding_attention"}
"""Layers whose memory of a text is a key and a value for each token."""


class LanguageModel:
    """
    Raises:
        UnavailableError: it is of a kind that cannot be used.
    """

    def __init__(self, name: str, tokenizer: PreTrainedTokenizerBase, network: PreTrainedModel) -> None:
        self.name, self.network, self._tokenizer = name, network, tokenizer
        config = network.config.get_text_config()
        self.window: int | None = getattr(config, "max_position_embeddings", None)
        """Tokens that it reads and writes at once, if it says so."""
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if not isinstance(backend, Tokenizer) or not tokenizer.chat_template:
            raise self._unfit("has no fast tokenizer (tokenizer.json) with a chat template")
        if not set(getattr(config, "layer_types", None) or _BATCHED) <= _BATCHED:
            raise self._unfit("has layers without attention, whose answers cannot be written together here")
        self.tokenizer = unlimited(backend)

    @property
    def device(self) -> torch.device:
        """Where its input goes."""
        device: torch.device = self.network.device
        return device

    @property
    def precision(self) -> str:
        return str(self.network.dtype).removeprefix("torch.")

    @cached_property
    def ends(self) -> frozenset[int]:
        """Tokens that end an answer."""
        named = getattr(self.network.generation_config, "eos_token_id", None)
        several = named if isinstance(named, list) else [named]
        return frozenset(one for one in (*several, self._tokenizer.eos_token_id) if one is not None)

    @cached_property
    def template_tokens(self) -> int:
        """That the chat template puts round two messages."""
        return len(self.prompt([{"role": "system", "content": ""}, {"role": "user", "content": ""}]))

    def count(self, text: str) -> int:
        return len(spans(self.tokenizer, text))

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Tokens of a conversation that the model is to go on with."""
        try:
            return self._templated(messages)
        except TemplateError:  # there are templates that know no system message
            told = "\n\n".join(one["content"] for one in messages if one["role"] == "system")
            first, *others = [one for one in messages if one["role"] != "system"]
            return self._templated([{"role": first["role"], "content": f"{told}\n\n{first['content']}"}, *others])

    def beginning(self, system: str) -> list[int]:
        """Tokens with which every conversation of this system message begins."""
        one, other = (
            self.prompt([{"role": "system", "content": system}, {"role": "user", "content": said}]) for said in "<Q"
        )
        return shared(one, other)

    def opens_thoughts(self, prompt: Sequence[int]) -> bool:
        """Whether what follows a prompt is thought: some chat templates end with the opening tag."""
        end: str = self.tokenizer.decode(list(prompt[-_TAG_TOKENS:]), skip_special_tokens=False)
        return end.rstrip().lower().endswith(OPENINGS)

    def _templated(self, messages: Sequence[Message]) -> list[int]:
        """Models that think aloud are told not to: only the answer counts."""
        said = [{"role": one["role"], "content": one["content"]} for one in messages]
        tokens: Any = self._tokenizer.apply_chat_template(
            said, add_generation_prompt=True, return_dict=False, enable_thinking=False
        )
        return list(tokens)

    def _unfit(self, reason: str) -> UnavailableError:
        return UnavailableError(
            f"The language model {self.name!r} {reason}; set answers.model to another one, or serve it with vLLM and "
            f"set answers.generator to openai."
        )


def shared(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """What both begin with."""
    return [left for left, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))]
