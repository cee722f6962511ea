"""Small architectures, built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner_component import nas


def _scaled(factor: float) -> nas.Operation:
    def apply(tensor):
        import keras

        return keras.layers.Rescaling(factor)(tensor)

    return nas.free(apply)


WITHOUT_WEIGHTS = {
    "none": nas.none,
    "skip": nas.skip,
    "double": _scaled(2.0),
    "negate": _scaled(-1.0),
}
"""Operations whose result is easy to work out."""


def hyperparameters(values: Mapping[str, Any]) -> Any:
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    hp.values = dict(values)
    return hp


def image(*shape: int) -> Any:
    import keras

    return keras.Input(shape)


def model_of(tensor: Any, output: Any) -> Any:
    import keras

    return keras.Model(tensor, output)
