"""Dropout that drops the same under XLA as without.

Both make the same random bits of a seed, but turn them into real numbers differently.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

_OTHERS = (
    *("beta", "binomial", "categorical", "gamma", "normal", "randint", "shuffle"),
    *("truncated_normal", "uniform"),
)


class OtherNumbersError(Exception):
    """Under XLA, random numbers would be others."""


@contextlib.contextmanager
def same_dropout() -> Iterator[None]:
    """Inside, Keras' dropout is that of TensorFlow's kernels.

    What else of Keras draws random numbers raises `OtherNumbersError`.
    """
    import tensorflow as tf
    from keras.src.backend.tensorflow import random

    places = [(random, name, _refused) for name in _OTHERS]
    places.append((tf.nn.experimental, "stateless_dropout", _dropout))
    given = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    try:
        _put(places)
        yield
    finally:
        _put(given)


def _put(places: Sequence[tuple[Any, str, Any]]) -> None:
    for owner, name, function in places:
        setattr(owner, name, function)


def _dropout(x: Any, rate: Any, seed: Any, noise_shape: Any = None) -> Any:
    """As `tf.nn.experimental.stateless_dropout`, in single precision."""
    import tensorflow as tf

    def uniform(shape: Any, dtype: Any) -> Any:
        if dtype != tf.float32:
            raise OtherNumbersError(f"a dropout of {dtype.name}")
        return _uniform(shape, seed)

    return tf.nn.experimental.general_dropout(x, rate, uniform, noise_shape)


def _uniform(shape: Any, seed: Any) -> Any:
    """Returns numbers in [0, 1): 23 random bits are the fraction of one in [1, 2)."""
    import tensorflow as tf

    bits = tf.raw_ops.StatelessRandomUniformFullInt(
        shape=shape, seed=seed, dtype=tf.int32
    )
    fraction = tf.bitwise.bitwise_and(bits, tf.constant(0x7FFFFF))
    number = tf.bitwise.bitwise_or(fraction, tf.constant(0x3F800000))
    return tf.bitcast(number, tf.float32) - 1.0


def _refused(*_: Any, **__: Any) -> Any:
    raise OtherNumbersError("a layer draws random numbers, and is no dropout")
