"""Nested subsets of the examples: each one is contained in every larger one."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]


def nested_order(
    positions: Positions, classes: npt.ArrayLike | None, generator: np.random.Generator
) -> Positions:
    """Returns the positions in an order whose beginnings are the subsets.

    Args:
        positions: Of the examples; shape (examples,).
        classes: Of these examples, or None; shape (examples,). With them every
            subset has the classes in the proportions of the whole.
        generator: Shuffles.
    """
    shuffle = generator.permutation(len(positions))
    shuffled: Positions = np.asarray(positions)[shuffle]
    if classes is None:
        return shuffled
    _, kinds, counts = np.unique(
        np.asarray(classes)[shuffle], return_inverse=True, return_counts=True
    )
    # An example's place in its class, as a share of the class: taking those below any
    # share takes as much of every class.
    place = np.empty(len(shuffled))
    for kind, count in enumerate(counts):
        place[kinds == kind] = np.arange(count) / count
    ordered: Positions = shuffled[np.argsort(place, kind="stable")]
    return ordered


def size(fraction: float, num_examples: int, least: int = 1) -> int:
    """Returns how many examples a fraction is.

    Args:
        fraction: In (0, 1].
        num_examples: Of the whole.
        least: So many at least, if there are.
    """
    wanted = math.ceil(fraction * num_examples - 1e-9)
    return min(max(wanted, least), num_examples)
