"""Net2Deeper: a new layer that at first returns what it reads.

Reference:
    Chen, Goodfellow, Shlens, 2016, Net2Net: Accelerating Learning via Knowledge
    Transfer, arXiv 1511.05641, section 2.3.
"""

from __future__ import annotations

import math

import numpy as np

from tuner_component.errors import MorphismError
from tuner_component.morphism.network import BATCH_NORM, CONV, DEPTHWISE, Array, Node
from tuner_component.morphism.units import Units

Moments = tuple[Array, Array]
"""The mean and the variance of each unit, over examples and places."""

NON_NEGATIVE = frozenset({"relu", "leaky_relu", "elu", "celu"})
"""Activations that return what they get where it is not negative."""

_FIXED_AFTER = {
    "relu": NON_NEGATIVE,
    "softplus": NON_NEGATIVE,
    "exponential": NON_NEGATIVE,
    "relu6": NON_NEGATIVE | {"relu6"},
    "sigmoid": NON_NEGATIVE | {"relu6"},
    "hard_sigmoid": NON_NEGATIVE | {"relu6"},
    "softmax": NON_NEGATIVE | {"relu6"},
}


def fixed_after(function: str) -> frozenset[str]:
    """Returns the activations that leave alone what this one returns."""
    return _FIXED_AFTER.get(function, frozenset())


def identity(node: Node, makes: Units, moments: Moments | None) -> dict[str, Array]:
    """Returns the weights with which a layer returns what it reads.

    A normalisation whose training uses the examples at hand returns about that while
    it is trained, and exactly that otherwise.

    Args:
        node: A new layer.
        makes: The unit that each of its units repeats.
        moments: Of what it reads, if known.

    Raises:
        MorphismError: If it has no such weights.
    """
    if node.kind == BATCH_NORM:
        return _neutral(node, moments)
    kernel = np.zeros_like(node.weights["kernel"])
    if node.kind in (CONV, DEPTHWISE):
        _check_centred(node, kernel.shape[:-2])
    centre = tuple(size // 2 for size in kernel.shape[:-2])
    if node.kind == DEPTHWISE:
        kernel[centre] = 1
    else:
        kernel[centre][makes.of, np.arange(len(makes.of))] = 1
    return {
        name: kernel if name == "kernel" else np.zeros_like(array)
        for name, array in node.weights.items()
    }


def rectified(moments: Moments) -> Moments:
    """Returns the moments of normally distributed units after a ReLU."""
    mean, variance = moments
    deviation = np.sqrt(np.maximum(variance, 1e-12))
    ratio = mean / deviation
    density = np.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi)
    below = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in ratio.tolist()])
    first = mean * below + deviation * density
    second = (mean**2 + variance) * below + mean * deviation * density
    return first, np.maximum(second - first**2, 1e-6)


def _neutral(node: Node, moments: Moments | None) -> dict[str, Array]:
    zeros, ones = np.zeros(node.size), np.ones(node.size)
    mean, variance = moments if moments is not None else (zeros, ones)
    if "gamma" not in node.weights or "beta" not in node.weights:
        raise MorphismError(
            f"The new normalisation {node.label!r} has no scale or no centre of its "
            "own; expected both, which undo what it does. Use scale=True, center=True."
        )
    scale = np.sqrt(variance + node.facts.get("epsilon", 0.0))
    made = {"gamma": scale, "beta": mean, "mean": mean, "variance": variance}
    return {
        name: made[name].astype(np.asarray(array).dtype)
        for name, array in node.weights.items()
    }


def _check_centred(node: Node, sizes: tuple[int, ...]) -> None:
    strides = node.facts.get("strides", ())
    if any(stride != 1 for stride in strides) or node.facts.get("padding") != "same":
        raise MorphismError(
            f"The new convolution {node.label!r} has strides={strides!r} and padding="
            f"{node.facts.get('padding')!r}; expected strides of 1 and 'same', so that "
            "it can return what it reads."
        )
    if any(size % 2 == 0 for size in sizes):
        raise MorphismError(
            f"The new convolution {node.label!r} has a kernel of {sizes!r}; expected "
            "odd sizes, which have a centre."
        )
