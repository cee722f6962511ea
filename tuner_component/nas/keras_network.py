"""A Keras model as a `morphism.Network`: Keras 3 or tf_keras."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tuner_component.morphism import network
from tuner_component.morphism.network import Network
from tuner_component.nas import keras_layers
from tuner_component.nas.keras_layers import Part

Variables = Mapping[str, Any]
"""The variables of a layer, by the names of its weights."""


@dataclasses.dataclass(frozen=True)
class Read:
    """A model's graph, and where its arrays are.

    Attributes:
        network: The graph.
        variables: Of each of its nodes.
        slots: Of each of its nodes, those of the optimiser: slot to variables.
    """

    network: Network
    variables: list[Variables]
    slots: Sequence[Mapping[str, Variables]]


def read(model: Any, slots: Mapping[str, list[Any]], powers: Mapping[str, int]) -> Read:
    """Reads a built model.

    A model whose graph is not known, one that is no `Functional` or `Sequential`, is
    as many layers that have nothing to do with each other.

    Args:
        model: What is read.
        slots: Name of an optimiser's slot to its variables, in the order of the
            model's trainable variables.
        powers: See `Network.powers`.
    """
    parts, outputs = _graph(model) if getattr(model, "outputs", None) else ([], ())
    if not parts:
        parts = [keras_layers.whole(layer) for layer in model.layers]
    places = {id(v): place for place, v in enumerate(model.trainable_variables)}
    own = [_slots(part.variables, slots, places) for part in parts]
    nodes = [
        dataclasses.replace(
            part.node,
            weights=_arrays(part.variables),
            slots={name: _arrays(variables) for name, variables in each.items()},
        )
        for part, each in zip(parts, own, strict=True)
    ]
    made = Network(nodes, outputs, powers)
    return Read(made, [part.variables for part in parts], own)


def _slots(
    variables: Variables, slots: Mapping[str, list[Any]], places: Mapping[int, int]
) -> dict[str, Variables]:
    trained = {
        name: places[id(variable)]
        for name, variable in variables.items()
        if id(variable) in places
    }
    return {
        slot: {name: of[place] for name, place in trained.items()}
        for slot, of in slots.items()
    }


def _arrays(variables: Variables) -> dict[str, network.Array]:
    return {name: np.array(variable.numpy()) for name, variable in variables.items()}


def _graph(model: Any) -> tuple[list[Part], tuple[int, ...]]:
    """Returns the parts of a model from its inputs to its outputs, and the latter."""
    parts: list[Part] = []
    return parts, _add(parts, {}, model)


def _add(parts: list[Part], places: dict[int, int], model: Any) -> tuple[int, ...]:
    """Adds the parts of a model; returns where its outputs are.

    Args:
        parts: Those before it.
        places: Which part made a tensor; of the inputs of a model within a model.
        model: Whose parts they are.
    """
    tensors = _in_order(model.outputs)
    calls = collections.Counter(id(_history(tensor)[0]) for tensor in tensors)
    for tensor in tensors:
        if id(tensor) not in places:
            is_shared = calls[id(_history(tensor)[0])] > 1
            read = tuple(places[id(each)] for each in _inputs(tensor))
            places[id(tensor)] = _made(parts, tensor, read, is_shared=is_shared)
    return tuple(places[id(tensor)] for tensor in model.outputs)


def _made(
    parts: list[Part], tensor: Any, inputs: tuple[int, ...], *, is_shared: bool
) -> int:
    """Adds what makes a tensor of others; returns where it is."""
    layer, _, index = _history(tensor)
    if keras_layers.does_nothing(layer) and len(inputs) == 1:
        return inputs[0]
    if is_shared:
        made = [keras_layers.whole(layer, tensor, index)]
    elif getattr(layer, "outputs", None):
        inner = {id(t): i for t, i in zip(layer.inputs, inputs, strict=True)}
        return _add(parts, inner, layer)[index]
    else:
        reads = [tuple(each.shape) for each in _inputs(tensor)]
        made = keras_layers.parts_of(layer, tensor, reads)
    for part in made:
        parts.append(
            Part(dataclasses.replace(part.node, inputs=inputs), part.variables)
        )
        inputs = (len(parts) - 1,)
    return len(parts) - 1


def _in_order(outputs: list[Any]) -> list[Any]:
    """Returns all tensors of a graph, each after those that it is made of."""
    ordered: dict[int, Any] = {}
    waiting = [(tensor, False) for tensor in reversed(outputs)]
    while waiting:
        tensor, is_ready = waiting.pop()
        if id(tensor) in ordered:
            continue
        if is_ready:
            ordered[id(tensor)] = tensor
            continue
        waiting.append((tensor, True))
        waiting += [(each, False) for each in reversed(_inputs(tensor))]
    return list(ordered.values())


def _history(tensor: Any) -> tuple[Any, int, int]:
    """Returns the layer that made a tensor, which of its calls, and which output."""
    history = tensor._keras_history
    layer = history.operation if hasattr(history, "operation") else history.layer
    return layer, history.node_index, history.tensor_index


def _inputs(tensor: Any) -> list[Any]:
    layer, index, _ = _history(tensor)
    node = layer._inbound_nodes[index]
    inputs = node.keras_inputs if hasattr(node, "keras_inputs") else node.input_tensors
    # An input layer of tf_keras reads its own tensor.
    return [each for each in inputs if each is not tensor]
