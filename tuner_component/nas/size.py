"""What a model costs: arithmetic, and time on this host."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

_NUM_WARM_UPS, _NUM_CALLS = 3, 20


def num_flops(model: Any) -> int:
    """Returns the floating-point operations of one prediction for one example.

    Those of the layers with matrices or kernels, which are nearly all; a multiplication
    with its addition counts as two. Every weight is used once for each position of an
    image or step of a sequence; unknown sizes count as 1.

    Args:
        model: A built Keras model.
    """
    return sum(
        2 * _num_positions(layer) * math.prod(weight.shape)
        for layer in _layers(model)
        if "Embedding" not in type(layer).__name__
        for weight in layer.weights
        if len(weight.shape) > 1
    )


def latency_seconds(model: Any) -> float:
    """Returns how long a prediction for one example takes on this host.

    The shortest of 20, compiled, after 3 that do not count: what else runs on the host
    lengthens the others.

    Args:
        model: A built Keras model; unknown sizes of its inputs are taken as 1.
    """
    import tensorflow as tf

    predict = tf.function(lambda given: model(given, training=False))
    given = tf.nest.map_structure(_zeros, model.input)
    seconds = []
    for _ in range(_NUM_WARM_UPS + _NUM_CALLS):
        begun = time.perf_counter()
        tf.nest.map_structure(lambda tensor: tensor.numpy(), predict(given))
        seconds.append(time.perf_counter() - begun)
    return min(seconds[_NUM_WARM_UPS:])


def _zeros(tensor: Any) -> Any:
    import tensorflow as tf

    return tf.zeros([size or 1 for size in (1, *tensor.shape[1:])], tensor.dtype)


def _layers(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _layers(layer)
        else:
            yield layer


def _num_positions(layer: Any) -> int:
    """Returns how often a weight is used: the larger of input and output decides."""
    tensors = (layer.input, layer.output)
    flat = [each for t in tensors for each in (t if isinstance(t, list) else [t])]
    return max(_product(tensor.shape[1:-1]) for tensor in flat)


def _product(sizes: Sequence[int | None]) -> int:
    return math.prod(size or 1 for size in sizes)
