"""What an edge of an architecture can be: the usual operations, and the user's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal

from tuner_component.errors import SearchSpaceError

_BATCH_NORM_MOMENTUM = 0.9

Kind = Literal["weights", "free", "skip", "none"]


@dataclasses.dataclass(frozen=True)
class Operation:
    """One of the things that an edge can be.

    Attributes:
        apply: `(tensor, width) -> tensor`, by Keras layers; of a free operation
            `(tensor) -> tensor`. `width` is how many features or filters it should
            have.
        kind: `"weights"`; `"free"`: without weights, so that it is the same thing
            wherever it has the same input; `"skip"`: the tensor itself; `"none"`: no
            edge.
    """

    apply: Callable[..., Any] | None
    kind: Kind = "weights"


none = Operation(None, "none")
"""No edge."""
skip = Operation(None, "skip")
"""The tensor as it is."""

Operations = Mapping[str, Operation | Callable[[Any, int], Any]]
"""Name to operation; a function `(tensor, width) -> tensor` is one with weights."""


def free(apply: Callable[[Any], Any]) -> Operation:
    """Returns an operation without weights.

    Args:
        apply: Takes a tensor and returns one.
    """
    return Operation(apply, "free")


def read(owner: str, operations: Any) -> dict[str, Operation]:
    """Returns the operations, each as an `Operation`.

    Args:
        owner: The architecture's name, for errors.
        operations: As the user gave them; `Operations` if they are right.

    Raises:
        SearchSpaceError: If they are no mapping from names to functions, or none of
            them makes a path.
    """
    if not isinstance(operations, Mapping) or not operations:
        raise SearchSpaceError(
            f"The architecture {owner!r} received operations={operations!r}; expected "
            "a mapping from names to functions of a tensor and a width, for example "
            "nas.convolutions()."
        )
    made = {}
    for name, given in operations.items():
        operation = given if isinstance(given, Operation) else Operation(given)
        has_function = operation.kind in ("skip", "none") or callable(operation.apply)
        if not isinstance(name, str) or not name or not has_function:
            raise SearchSpaceError(
                f"The architecture {owner!r} received the operation {name!r}: "
                f"{given!r}; expected a name and a function of a tensor and a width."
            )
        made[name] = operation
    if all(operation.kind == "none" for operation in made.values()):
        raise SearchSpaceError(
            f"The architecture {owner!r} has no operation but 'none', so no cell has a "
            f"path from its input to its output; received {sorted(made)}. Add "
            "operations, nas.convolutions() say."
        )
    return made


def without_none(owner: str, operations: Any) -> dict[str, Operation]:
    """Returns what `read` does, but for the operations that are no edge."""
    made = read(owner, operations)
    return {name: each for name, each in made.items() if each.kind != "none"}


def convolutions() -> dict[str, Operation]:
    """Returns operations on images, shape `(batch, rows, columns, channels)`."""
    import keras

    def pool(layer: Any) -> Operation:
        return free(lambda tensor: layer(3, strides=1, padding="same")(tensor))

    return {
        "none": none,
        "skip": skip,
        "conv_3x3": Operation(lambda tensor, width: _conv(tensor, width, 3)),
        "conv_1x1": Operation(lambda tensor, width: _conv(tensor, width, 1)),
        "separable_3x3": Operation(_separable),
        "max_pool_3x3": pool(keras.layers.MaxPooling2D),
        "avg_pool_3x3": pool(keras.layers.AveragePooling2D),
    }


def dense() -> dict[str, Operation]:
    """Returns operations on rows of features, shape `(batch, features)`."""
    return {
        "none": none,
        "skip": skip,
        "relu": Operation(lambda tensor, width: _dense(tensor, width, "relu")),
        "linear": Operation(lambda tensor, width: _dense(tensor, width, None)),
        "tanh": Operation(lambda tensor, width: _dense(tensor, width, "tanh")),
        "swish": Operation(lambda tensor, width: _dense(tensor, width, "swish")),
    }


def recurrent() -> dict[str, Operation]:
    """Returns operations on sequences, shape `(batch, steps, features)`."""
    import keras

    def layer(make: Any, **given: Any) -> Operation:
        return Operation(lambda tensor, width: make(width, **given)(tensor))

    return {
        "none": none,
        "skip": skip,
        "gru": layer(keras.layers.GRU, return_sequences=True),
        "lstm": layer(keras.layers.LSTM, return_sequences=True),
        "conv_3": layer(
            keras.layers.Conv1D, kernel_size=3, padding="same", activation="relu"
        ),
        "relu": layer(keras.layers.Dense, activation="relu"),
    }


def _conv(tensor: Any, width: int, size: int) -> Any:
    import keras

    layer = keras.layers.Conv2D(width, size, padding="same", use_bias=False)
    return _activated(layer(tensor))


def _separable(tensor: Any, width: int) -> Any:
    import keras

    layer = keras.layers.SeparableConv2D(width, 3, padding="same", use_bias=False)
    return _activated(layer(tensor))


def _activated(tensor: Any) -> Any:
    import keras

    # Short trainings have too few steps for Keras's momentum of .99.
    normal = keras.layers.BatchNormalization(momentum=_BATCH_NORM_MOMENTUM)(tensor)
    return keras.layers.ReLU()(normal)


def _dense(tensor: Any, width: int, activation: str | None) -> Any:
    import keras

    return keras.layers.Dense(width, activation)(tensor)
