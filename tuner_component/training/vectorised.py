"""What TensorFlow's vectorised map lacks for Keras' own models.

An operation that it does not know is looped over the models, one at a time.
"""

from __future__ import annotations

import contextlib
import functools
from typing import Any


@functools.cache
def complete() -> None:
    """Makes the vectorised map know `Bitcast`, which Keras' `argmax` uses."""
    import tensorflow as tf
    from tensorflow.python.ops.parallel_for import pfor

    def bitcast(given: Any) -> Any:
        cast = tf.bitcast(given.stacked_input(0), given.get_attr("type"))
        return pfor.wrap(cast, True)

    # Raises where another version of TensorFlow knows it.
    with contextlib.suppress(KeyError):
        pfor.RegisterPFor("Bitcast")(bitcast)
