"""Dropout that drops the same by XLA as without, and for many models at once.

Both make the same random bits of a seed, but turn them into real numbers differently,
by an operation that knows one seed.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

from tuner_component.training import philox

_OTHERS = (
    *("beta", "binomial", "categorical", "gamma", "normal", "randint", "shuffle"),
    *("truncated_normal", "uniform"),
)


class OtherNumbersError(Exception):
    """Under XLA, random numbers would be others."""


@contextlib.contextmanager
def by_arithmetic(*, as_xla: bool) -> Iterator[None]:
    """Inside, what Keras' dropout drops comes of arithmetic on the bits of its seed.

    Args:
        as_xla: Whether it is what XLA's own operation drops; else it is what
            TensorFlow's kernels do, and what else draws random numbers raises
            `OtherNumbersError`.
    """
    import tensorflow as tf
    from keras.src.backend.tensorflow import random

    places = [] if as_xla else [(random, name, _refused) for name in _OTHERS]
    dropout = functools.partial(_dropout, as_xla=as_xla)
    places.append((tf.nn.experimental, "stateless_dropout", dropout))
    given = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    try:
        _put(places)
        yield
    finally:
        _put(given)


def _put(places: Sequence[tuple[Any, str, Any]]) -> None:
    for owner, name, function in places:
        setattr(owner, name, function)


def _dropout(
    x: Any, rate: Any, seed: Any, noise_shape: Any = None, *, as_xla: bool
) -> Any:
    """As `tf.nn.experimental.stateless_dropout`, in single precision."""
    import tensorflow as tf

    def uniform(shape: Any, dtype: Any) -> Any:
        if dtype != tf.float32:
            raise OtherNumbersError(f"a dropout of {dtype.name}")
        return _uniform(shape, seed, as_xla=as_xla)

    return tf.nn.experimental.general_dropout(x, rate, uniform, noise_shape)


def _uniform(shape: Any, seed: Any, *, as_xla: bool) -> Any:
    """Returns numbers in [0, 1): 23 random bits are the fraction of one in [1, 2)."""
    import tensorflow as tf

    bits = philox.bits(shape, seed)
    if as_xla:
        fraction = tf.bitwise.right_shift(bits, tf.constant(9, tf.uint32))
    else:
        fraction = tf.bitwise.bitwise_and(bits, tf.constant(0x7FFFFF, tf.uint32))
    number = tf.bitwise.bitwise_or(fraction, tf.constant(0x3F800000, tf.uint32))
    return tf.bitcast(number, tf.float32) - 1.0


def _refused(*_: Any, **__: Any) -> Any:
    raise OtherNumbersError("a layer draws random numbers, and is no dropout")
