"""Skip connections and new branches that at first add nothing.

Reference:
    Elsken, Metzen, Hutter, 2017, Simple and Efficient Architecture Search for
    Convolutional Neural Networks, arXiv 1711.04528, section 3; Cai et al., 2018,
    Path-Level Network Transformation, arXiv 1806.02639.
"""

from __future__ import annotations

import numpy as np

from tuner_component.errors import MorphismError
from tuner_component.morphism import deeper
from tuner_component.morphism.network import BATCH_NORM, Array, Arrays, Node
from tuner_component.morphism.units import same

ZERO_AT_ZERO = frozenset(
    {
        "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "tanh",
        "softsign", "mish", "hard_silu", "hard_tanh", "tanh_shrink",
    }
)  # fmt: skip
"""Activations of 0 that are 0."""


def silent(node: Node) -> dict[str, Array]:
    """Returns the weights with which a new layer returns zeros.

    Its gradients are no zeros, so it learns from the first step on.
    """
    silenced = ("gamma", "beta") if node.kind == BATCH_NORM else node.weights
    return {
        name: np.zeros_like(array) if name in silenced else np.array(array)
        for name, array in node.weights.items()
    }


def can_be_silent(node: Node) -> bool:
    """Returns whether a layer has weights with which it returns zeros."""
    if node.kind == BATCH_NORM:
        return {"gamma", "beta"} <= node.weights.keys()
    return "kernel" in node.weights


def less_identity(node: Node, weights: Arrays) -> dict[str, Array]:
    """Returns the weights of a layer to whose output its input is now added.

    Args:
        node: A dense or convolutional layer without activation.
        weights: Its weights without the addition.

    Raises:
        MorphismError: If it cannot return what it reads.
    """
    kernel = np.asarray(weights["kernel"])
    if kernel.shape[-1] != kernel.shape[-2]:
        raise MorphismError(
            f"The {kernel.shape[-2]} units that {node.label!r} reads are added to the "
            f"{kernel.shape[-1]} that it returns; expected as many."
        )
    own = deeper.identity(node, same(kernel.shape[-1]), None)
    return {**weights, "kernel": kernel - own["kernel"]}
