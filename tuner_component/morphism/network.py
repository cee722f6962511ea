"""A network as a graph of layers and their arrays, whatever library it is of."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
"""A layer's arrays by name: `kernel`, `bias`, `gamma`, ..."""

INPUT, DENSE, CONV, DEPTHWISE = "input", "dense", "conv", "depthwise"
BATCH_NORM, ACTIVATION, UNITWISE = "batch_norm", "activation", "unitwise"
FLATTEN, ADD, CONCAT, OTHER = "flatten", "add", "concat", "other"


@dataclasses.dataclass(frozen=True)
class Node:
    """One layer; activations are layers of their own.

    The last axis of what it returns are its units: features or channels. A `UNITWISE`
    layer treats each of them alike and apart: pooling, padding. What is known of an
    `OTHER` layer is only that equal weights and inputs give equal outputs.

    Attributes:
        kind: `DENSE`, `CONV`, ...
        inputs: Positions of the nodes that it reads.
        size: Its number of units.
        weights: Its arrays. Kernels are `(..., in, out)`, depthwise ones
            `(..., in, 1)`.
        slots: Name of an optimiser's slot to the arrays in it, named as the weights
            that they belong to.
        facts: What else decides what it does; layers with other facts are others.
        label: Its name, for messages.
    """

    kind: str
    inputs: tuple[int, ...]
    size: int
    weights: Arrays = dataclasses.field(default_factory=dict)
    slots: Mapping[str, Arrays] = dataclasses.field(default_factory=dict)
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    label: str = ""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of its weights."""
        return {name: np.shape(array) for name, array in self.weights.items()}

    @property
    def keeps_size(self) -> bool:
        """Whether what it returns has the units of what it reads."""
        return self.kind in (DEPTHWISE, BATCH_NORM, ACTIVATION, UNITWISE)


@dataclasses.dataclass(frozen=True)
class Network:
    """Layers in an order in which they can be worked out.

    Attributes:
        nodes: The layers.
        outputs: Positions of the nodes whose outputs are the network's.
        powers: Name of an optimiser's slot to how it grows with the gradient: 1 for a
            momentum, 2 for a mean square.
    """

    nodes: Sequence[Node]
    outputs: tuple[int, ...]
    powers: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def readers(self, position: int) -> list[int]:
        """Returns the positions of the nodes that read a node, the output included."""
        reading = [
            n for n, node in enumerate(self.nodes) for i in node.inputs if i == position
        ]
        return reading + [-1 for output in self.outputs if output == position]
