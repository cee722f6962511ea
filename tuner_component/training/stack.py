"""The values of several models of one structure, stacked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuner_component.training.pure_step import PureStep


class ModelStack:
    """Holds what models train with, while they train together.

    Args:
        models: Of one structure, with all their variables. Their own values are those
            of the stack after `put_back` only.
        places: For each model: where its numbers are that may differ.
    """

    def __init__(self, models: Sequence[Any], places: Sequence[Any]) -> None:
        import tensorflow as tf

        self.models = list(models)
        self._variables = [PureStep.variables(model)[:3] for model in models]
        self._arrays: dict[int, Any] = {}
        columns = zip(*map(_flat, self._variables), strict=True)
        self._sizes = [len(kind) for kind in self._variables[0]]
        self._tensors = [tf.stack([v.value for v in column]) for column in columns]
        names = sorted(places[0])
        self.numbers = [
            tf.constant([getattr(*own[name]) for own in places], tf.float64)
            for name in names
        ]
        rate = models[0].optimizer._learning_rate
        positions = [k for k, v in enumerate(_flat(self._variables[0])) if v is rate]
        self._rate = positions[0] if positions else None

    @property
    def values(self) -> list[list[Any]]:
        """Trainable, other and optimiser's values; first axis: the models."""
        flat = iter(self._tensors)
        return [[next(flat) for _ in range(size)] for size in self._sizes]

    def take(self, values: Sequence[Sequence[Any]]) -> None:
        """Takes what a graph returned."""
        self._tensors, self._arrays = _flat(values), {}

    def keep(self, positions: Sequence[int]) -> None:
        """Goes on with the models at these positions only."""
        import tensorflow as tf

        self.models = [self.models[k] for k in positions]
        self._variables = [self._variables[k] for k in positions]
        kept = tf.constant(positions, tf.int64)
        self.take([[tf.gather(tensor, kept) for tensor in self._tensors]])
        self.numbers = [tf.gather(number, kept) for number in self.numbers]

    def put_back(self, position: int) -> None:
        """Gives a model its values."""
        for place, variable in enumerate(_flat(self._variables[position])):
            variable.assign(self._array(place)[position])

    def read_again(self, position: int) -> None:
        """Takes a model's values, which a callback may have changed."""
        for place, variable in enumerate(_flat(self._variables[position])):
            self._set(place, position, variable.numpy())

    def read_rate(self, position: int) -> None:
        """Takes a model's learning rate, which a callback may have changed."""
        if self._rate is not None:
            variable = _flat(self._variables[position])[self._rate]
            self._set(self._rate, position, variable.numpy())

    def weights(self, position: int) -> list[Any]:
        """Returns copies of a model's variables, as `model_state.of_model` does."""
        own = {id(v): k for k, v in enumerate(_flat(self._variables[position]))}
        return [
            self._array(own[id(v)])[position].copy() if id(v) in own else v.numpy()
            for v in self.models[position].variables
        ]

    def _array(self, place: int) -> Any:
        if place not in self._arrays:
            self._arrays[place] = self._tensors[place].numpy()
        return self._arrays[place]

    def _set(self, place: int, position: int, value: Any) -> None:
        import tensorflow as tf

        array = self._array(place)
        if (array[position] != value).any():
            array = array.copy()
            array[position] = value
            self._arrays[place] = array
            self._tensors[place] = tf.constant(array)


def _flat(kinds: Sequence[Sequence[Any]]) -> list[Any]:
    return [one for kind in kinds for one in kind]
