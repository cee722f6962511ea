"""How many steps of one `fit` are made at once, as far as its data say."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from tuner_component.training.epoch_graph import NoGraphError

_DATA = ("x", "y", "batch_size", "sample_weight", "shuffle", "class_weight")
_PARTS = ("x", "y", "sample_weight")
_ANY_NUMBER = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class Steps:
    """Those of an epoch or a validation.

    Attributes:
        number: How many, >= 0.
        may_end: Whether the data may end before.
    """

    number: int
    may_end: bool = False


def of(said: Mapping[str, Any]) -> tuple[Steps, Steps]:
    """Returns the steps of an epoch and of a validation.

    Args:
        said: All arguments of a `fit`.

    Raises:
        NoGraphError: If they are not the same in every epoch, or not known.
    """
    if said["validation_split"] and said["validation_data"] is None:
        said = {**said, **_split(said)}
    train = _steps(
        {name: said[name] for name in _DATA},
        said["steps_per_epoch"],
        said["epochs"] - said["initial_epoch"],
    )
    if said["validation_data"] is None:
        return train, Steps(0)
    data = dict(zip(_PARTS, _parts(said), strict=True))
    size = said["validation_batch_size"] or said["batch_size"]
    return train, _steps({**data, "batch_size": size}, said["validation_steps"], 1)


def _split(said: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the data as `fit` will cut them."""
    from keras.src.trainers.data_adapters import array_slicing

    parts = tuple(said[name] for name in _PARTS)
    train, validation = array_slicing.train_validation_split(
        parts, said["validation_split"]
    )
    return {**dict(zip(_PARTS, train, strict=True)), "validation_data": validation}


def _parts(said: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    import keras

    parts: tuple[Any, Any, Any] = keras.utils.unpack_x_y_sample_weight(
        said["validation_data"]
    )
    return parts


def _steps(data: Mapping[str, Any], steps: int | None, times: int) -> Steps:
    import tensorflow as tf

    held = _num_batches(data)
    if held is None and isinstance(data["x"], tf.data.Dataset):
        return Steps(steps or _ANY_NUMBER, may_end=True)
    if held is None or (steps is None and held == math.inf):
        raise NoGraphError("the length of its data is not known")
    if steps is None and not held:
        raise NoGraphError("its data are empty")
    if steps is None:
        return Steps(int(held))
    if held < steps * times:
        raise NoGraphError("its data end before the last epoch")
    return Steps(steps)


def _num_batches(data: Mapping[str, Any]) -> float | None:
    import tensorflow as tf

    features = data["x"]
    if isinstance(features, tf.data.Dataset):
        number = int(features.cardinality())
        return {
            tf.data.INFINITE_CARDINALITY: math.inf,
            tf.data.UNKNOWN_CARDINALITY: None,
        }.get(number, number)
    if not all(hasattr(part, "shape") for part in tf.nest.flatten(features)):
        return None
    from keras.src.trainers import data_adapters

    adapter = data_adapters.get_data_adapter(**data)
    return None if adapter.num_batches is None else float(adapter.num_batches)
