"""Net2Wider: a layer gets more units, and whoever reads them takes shares of them.

Reference:
    Chen, Goodfellow, Shlens, 2016, Net2Net: Accelerating Learning via Knowledge
    Transfer, arXiv 1511.05641, section 2.2; here with unequal shares in place of
    added noise, so that the function stays exactly the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tuner_component.morphism.network import (
    BATCH_NORM,
    CONV,
    DENSE,
    DEPTHWISE,
    Array,
    Node,
)
from tuner_component.morphism.units import Units

_PER_UNIT = dict.fromkeys(("gamma", "beta", "mean", "variance"), (None, -1))
_KERNEL = {"kernel": (-2, -1), "bias": (None, -1)}
_AXES: Mapping[str, Mapping[str, tuple[int | None, int]]] = {
    DENSE: _KERNEL,
    CONV: _KERNEL,
    DEPTHWISE: {"kernel": (None, -2), "bias": (None, -1)},
    BATCH_NORM: _PER_UNIT,
}
"""Of each array, the axis of the units that are read, and of those that are made."""


def widened(before: Node, fresh: Node, reads: Units, makes: Units) -> dict[str, Array]:
    """Returns a layer's weights when it, or what it reads, has become wider.

    Args:
        before: The parent's layer.
        fresh: The child's, with new weights: those of units that the parent does not
            have stay.
        reads: The units that it reads.
        makes: Its own units.
    """
    return {
        name: _carried(
            array,
            fresh.weights[name],
            (_AXES[before.kind][name][0], reads, reads.shares),
            (_AXES[before.kind][name][1], makes, np.ones(len(makes.of))),
        )
        for name, array in before.weights.items()
    }


def widened_slot(
    before: Node, fresh: Node, slot: str, power: int, units: tuple[Units, Units]
) -> dict[str, Array]:
    """Returns what an optimiser knows of a layer that was widened.

    Gradients change otherwise than weights do: of the gradient of a unit, one that
    repeats it gets its share, and a weight that reads it gets all.

    Args:
        before: The parent's layer.
        fresh: The child's, with new slots.
        slot: The slot's name; both have it.
        power: How it grows with the gradient.
        units: Those that the layer reads, and its own.
    """
    reads, makes = units
    return {
        name: _carried(
            array,
            fresh.slots[slot][name],
            (_AXES[before.kind][name][0], reads, np.ones(len(reads.of))),
            (_AXES[before.kind][name][1], makes, makes.shares**power),
        )
        for name, array in before.slots.get(slot, {}).items()
        if name in fresh.slots.get(slot, {})
    }


_Change = tuple[int | None, Units, Array]
"""An axis, the units along it, and what each is multiplied with."""


def _carried(array: Array, fresh: Array, read: _Change, made: _Change) -> Array:
    axis, units, factors = read
    if axis is not None:
        array = _taken(array, axis, units, np.where(units.of < 0, 0.0, factors))
    axis, units, factors = made
    is_new = _along(units.of < 0, axis or 0, np.ndim(array))
    taken = _taken(array, axis or 0, units, factors)
    return np.where(is_new, fresh, taken).astype(np.asarray(fresh).dtype)


def _taken(array: Array, axis: int, units: Units, factors: Array) -> Array:
    taken = np.take(array, np.maximum(units.of, 0), axis=axis)
    return taken * _along(factors, axis, taken.ndim)


def _along(values: Array, axis: int, num_axes: int) -> Array:
    shape = [1] * num_axes
    shape[axis] = -1
    return values.reshape(shape)
