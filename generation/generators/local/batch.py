"""Answers that are written together, a token of each in one forward pass."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import torch
from transformers.cache_utils import Cache

from generation.generators.local.memory import empty, kept, padded, stacked
from generation.generators.local.model import LanguageModel, shared


@dataclass(eq=False)
class Writing:
    """An answer on its way.

    Args:
        prompt: tokens, one at least.
        limit: how many tokens are written at most.
        temperature: 0 takes the likeliest token always.
        seed: of this answer's chance, which no other answer touches.
        tell: takes each token when it is written, then None, or the error that ended it; called in the worker's thread.
        cancelled: set by whoever does not want more.
    """

    prompt: Sequence[int]
    limit: int
    temperature: float
    seed: int
    tell: Callable[[int | Exception | None], None]
    cancelled: bool = False
    written: int = 0
    last: int = 0
    done: bool = False
    cut: bool = False
    chance: torch.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.chance = torch.Generator().manual_seed(self.seed)

    def take(self, token: int, ends: Collection[int]) -> None:
        self.written, self.last = self.written + 1, token
        if token not in ends:
            self.tell(token)
        self.cut = token not in ends and self.written >= self.limit
        self.done = token in ends or self.cut
        if self.done:
            self.tell(None)


class Batch:
    """Plain batches on CPU and GPU alike: rows are padded on the left, so that each ends at the same column.

    Args:
        beginning: tokens that most prompts begin with; what the model makes of them is kept.
    """

    def __init__(self, model: LanguageModel, beginning: Sequence[int]) -> None:
        self._model, self._beginning = model, list(beginning)
        self._begun: Cache | None = None
        self.clear()

    def clear(self) -> None:
        self.rows: list[Writing] = []
        self._cache: Cache = empty()
        self._seen = torch.ones(0, 0, dtype=torch.long)  # (rows, tokens): 1 where a token stands, 0 where padding

    def join(self, row: Writing) -> None:
        """Read its prompt and write its first token."""
        with torch.inference_mode():
            cache, logits = self._read(row.prompt)
            seen = torch.ones(1, len(row.prompt), dtype=torch.long, device=self._model.device)
            if self.rows:
                longest = max(seen.shape[1], self._seen.shape[1])
                seen = torch.cat([padded(one.unsqueeze(-1), longest).squeeze(-1) for one in (self._seen, seen)])
                cache = stacked(self._cache, cache)
            self.rows, self._cache, self._seen = [*self.rows, row], cache, seen
            self._take([row], logits)

    def step(self) -> None:
        """Write one token of each row."""
        with torch.inference_mode():
            last = torch.tensor([[row.last] for row in self.rows], device=self._model.device)
            self._seen = torch.cat([self._seen, torch.ones_like(last)], dim=1)
            logits = self._forward(last, self._seen, self._seen.sum(1, keepdim=True) - 1, self._cache)
            self._take(self.rows, logits)

    def leave(self) -> None:
        """Let go of the rows that are done or not wanted any more, and of columns that only they filled."""
        staying = [place for place, row in enumerate(self.rows) if not (row.done or row.cancelled)]
        if len(staying) == len(self.rows):
            return None
        rows = [self.rows[place] for place in staying]
        if not rows:
            return self.clear()
        with torch.inference_mode():
            seen = self._seen[staying]
            used = slice(int(seen.any(0).long().argmax()), None)
            self._cache, self._seen = kept(self._cache, staying, used), seen[:, used]
        self.rows = rows
        return None

    def _read(self, prompt: Sequence[int]) -> tuple[Cache, torch.Tensor]:
        """Memory of a prompt, and the logits of what follows; what it shares with `beginning` is not read again."""
        known = len(shared(self._beginning, prompt[:-1]))
        cache = kept(self._remembered(), [0], slice(0, known)) if known else empty()
        return cache, self._continued(prompt, known, cache)

    def _remembered(self) -> Cache:
        if self._begun is None:
            cache = empty()
            self._continued(self._beginning, 0, cache)
            self._begun = cache
        return self._begun

    def _continued(self, tokens: Sequence[int], known: int, cache: Cache) -> torch.Tensor:
        device = self._model.device
        positions = torch.arange(known, len(tokens), device=device).unsqueeze(0)
        seen = torch.ones(1, len(tokens), dtype=torch.long, device=device)
        return self._forward(torch.tensor([list(tokens[known:])], device=device), seen, positions, cache)

    def _forward(self, tokens: torch.Tensor, seen: torch.Tensor, positions: torch.Tensor, cache: Cache) -> torch.Tensor:
        """Logits of what follows each row, shape (rows, vocabulary), float32."""
        found = self._model.network(
            input_ids=tokens,
            attention_mask=seen,
            position_ids=positions,
            cache=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: torch.Tensor = found.logits[:, -1].float()
        return logits

    def _take(self, rows: Sequence[Writing], logits: torch.Tensor) -> None:
        likeliest = logits.argmax(-1).tolist()
        for place, row in enumerate(rows):
            token = drawn(logits[place], row.temperature, row.chance) if row.temperature else likeliest[place]
            row.take(token, self._model.ends)


def drawn(logits: torch.Tensor, temperature: float, chance: torch.Generator) -> int:
    """A token with the probability softmax(logits / temperature)."""
    chosen = torch.multinomial(torch.softmax(logits.cpu() / temperature, -1), 1, generator=chance)
    return int(chosen.item())
