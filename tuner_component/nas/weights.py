"""From a trained Keras model to what a changed one begins with."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from tuner_component.morphism.inheritance import Inherited, inherit
from tuner_component.nas import keras_network, optimizer_slots
from tuner_component.nas.keras_network import Read


@dataclasses.dataclass(frozen=True)
class Transfer:
    """What became of the layers of a child.

    Attributes:
        counts: How many of its layers, or parts of layers, with weights are
            `"copied"`, `"widened"`, `"identity"`, `"silent"` or `"fresh"`.
        why_not: Why it does not compute what its parent does; empty if it does.
        num_slots: How many slots of the optimiser are taken over.
    """

    counts: Mapping[str, int]
    why_not: tuple[str, ...]
    num_slots: int


def transfer(parent: Any, child: Any, seed: int) -> Transfer:
    """Gives a child's model as much of its parent's weights as fits.

    Layers are found by their kind, place and shape. What has become wider or is new
    keeps the function where it can: before any training the child then returns what
    its parent does. Other layers are copied where their shapes are equal, and keep the
    weights that they have. What the optimiser knows goes along.

    Args:
        parent: A trained model; Keras 3 or tf_keras.
        child: A built one of the same library; its variables are changed.
        seed: Fixes which units are repeated, >= 0.
    """
    powers = optimizer_slots.powers(parent, child)
    before, after = (
        keras_network.read(model, optimizer_slots.slots(model, powers), powers)
        for model in (parent, child)
    )
    inherited = inherit(before.network, after.network, seed)
    _assign(after, inherited)
    counts = collections.Counter(fate for fate in inherited.fates if fate)
    return Transfer(dict(counts), tuple(inherited.why_not), len(powers))


def _assign(read: Read, inherited: Inherited) -> None:
    for position, variables in enumerate(read.variables):
        _put(variables, inherited.weights[position])
        for slot, slot_variables in read.slots[position].items():
            _put(slot_variables, inherited.slots[position].get(slot, {}))


def _put(variables: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    for name, variable in variables.items():
        if name in arrays:
            dtype = variable.numpy().dtype
            variable.assign(np.asarray(arrays[name]).astype(dtype))
