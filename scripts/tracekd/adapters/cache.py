"""Keys and values with room behind them, for decoding token by token."""

from collections.abc import Callable
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedConfig
from transformers.cache_utils import DynamicLayer

ROOM = 32  # tokens


class RoomyLayer(DynamicLayer):
    """A layer of the library's cache that writes new tokens into their places.

    The library's own copies all that came before for every token, which can take longer than the token's
    arithmetic. Whoever sets `keys` and `values` has to set `room` to None.
    """

    room: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add keys and values of shape (rows, heads, tokens, size), and give all that there are now."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        begin = self.get_seq_length()
        end = begin + key_states.shape[-2]
        if self.room is None or self.room[0].shape[-2] < end:
            self.room = (
                self._make_room(self.keys, key_states, end),
                self._make_room(self.values, value_states, end),
            )
        for room, states in zip(self.room, (key_states, value_states), strict=True):
            room[:, :, begin:end] = states
        self.keys, self.values = (room[:, :, :end] for room in self.room)
        return self.keys, self.values

    @staticmethod
    def _make_room(old: torch.Tensor | None, new: torch.Tensor, end: int) -> torch.Tensor:
        """Give a place for `end` tokens and some more that holds the old ones."""
        rows, heads, _, size = new.shape
        room = new.new_empty((rows, heads, end + ROOM, size))
        if old is not None and old.numel():
            room[:, :, : old.shape[-2]] = old
        return room

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep the rows at these places, each as often as it is named."""
        super().batch_select_indices(indices)
        self.room = None


def make_cache(config: PreTrainedConfig) -> DynamicCache:
    """Make an empty cache for a model; layers of another kind than full attention are the library's own."""
    cache = DynamicCache(config=config)
    make: Callable[[], DynamicLayer] = RoomyLayer
    cache.layers = [make() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
