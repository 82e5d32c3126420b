"""Keys and values of the tokens that a model has read, in the cache classes of transformers.

Shapes: (rows, heads, tokens, dimensions of a head); a row is one answer. Shorter rows are padded on the left.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch.nn.functional import pad
from transformers.cache_utils import Cache, DynamicLayer

SPARE = 64
"""Tokens that there is room for before a layer is copied again."""


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """A DynamicLayer that is not copied for every token: what is new is written behind what is there."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._rooms: list[torch.Tensor | None] = [None, None]

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self.keys = self._appended(0, self.keys, key_states)
        self.values = self._appended(1, self.values, value_states)
        return self.keys, self.values

    def _appended(self, which: int, held: torch.Tensor | None, new: torch.Tensor) -> torch.Tensor:
        start = held.shape[-2] if held is not None and held.numel() else 0
        end = start + new.shape[-2]
        room = self._rooms[which]
        if room is None or end > room.shape[-2]:
            room = self._rooms[which] = new.new_empty(*new.shape[:2], end + SPARE, new.shape[-1])
            if held is not None and start:
                room[..., :start, :] = held
        room[..., start:end, :] = new
        return room[..., :end, :]


def empty() -> Cache:
    return Cache(layer_class_to_replicate=RoomyLayer)


def stacked(one: Cache, other: Cache) -> Cache:
    """The rows of both."""
    pairs = zip(_pairs(one), _pairs(other), strict=True)
    return _made((_together(keys, more), _together(values, others)) for (keys, values), (more, others) in pairs)


def kept(cache: Cache, rows: Sequence[int], tokens: slice) -> Cache:
    """These rows and these tokens of each."""
    chosen = list(rows)
    return _made((keys[chosen][:, :, tokens], values[chosen][:, :, tokens]) for keys, values in _pairs(cache))


def padded(tensor: torch.Tensor, tokens: int) -> torch.Tensor:
    """`tensor`, whose last dimension but one counts tokens, with zeros before it."""
    return pad(tensor, (0, 0, tokens - tensor.shape[-2], 0))


def _together(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    tokens = max(one.shape[-2], other.shape[-2])
    return torch.cat([padded(one, tokens), padded(other, tokens)])


def _pairs(cache: Cache) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Keys and values of each layer."""
    for layer in cache.layers:
        if not isinstance(layer, RoomyLayer) or layer.keys is None or layer.values is None:
            raise TypeError("a layer of the model keeps no keys and values of its own")
        yield layer.keys, layer.values


def _made(pairs: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> Cache:
    cache = empty()
    for place, (keys, values) in enumerate(pairs):
        cache.update(keys, values, place)
    return cache
