"""Graphs that serve every trial of the same structure.

Making a graph takes a second or more. It belongs to the model that it was made of; a
later model of the same structure puts its values into that model's variables and has
them as its own from then on.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tuner_component.training.batches import batch_of
from tuner_component.training.epoch_graph import EpochGraphs
from tuner_component.training.examples import Examples
from tuner_component.training.model_variables import make_metrics
from tuner_component.training.numbers import Numbers
from tuner_component.training.structure import Structure, structure_of

Graphs = TypeVar("Graphs")
_NUM_KEPT = 8


@dataclasses.dataclass(frozen=True)
class _Known:
    graphs: Any
    first: Any
    variables: Sequence[Any]
    slots: Sequence[Any]
    numbers: Numbers


_known: collections.OrderedDict[Any, _Known] = collections.OrderedDict()


def graphs_for(
    model: Any,
    train: Examples,
    validation: Examples | None,
    class_weight: Mapping[int, float] | None,
) -> EpochGraphs:
    """Returns graphs that train a model, made now or for an earlier one.

    A model whose graphs are those of an earlier one shares its variables afterwards:
    the earlier one must not be used any more.

    Raises:
        Exception: As `EpochGraphs`.
    """
    data = (specs_of(train), validation and specs_of(validation), str(class_weight))
    structure = structure_of(model) if model.built else None
    key = None if structure is None else (structure.key, data)
    return _shared(
        model,
        structure,
        data,
        batch_of(train.columns, slice(0, 1)),
        lambda numbers: EpochGraphs(
            model, train, validation, class_weight, numbers, key
        ),
    )


def graphs_of_one(
    kept: dict[Any, Any],
    model: Any,
    train: Examples,
    validation: Examples | None,
    class_weight: Mapping[int, float] | None,
) -> EpochGraphs:
    """Returns graphs of a model that shares none, as long as it is not compiled anew.

    Args:
        kept: Those of its earlier trainings.
        model: A compiled model.
        train: What it is trained on.
        validation: What it is tested on, or None.
        class_weight: As in `fit`.

    Raises:
        Exception: As `EpochGraphs`.
    """
    data = (specs_of(train), validation and specs_of(validation), str(class_weight))
    return of_one(
        kept, model, data, lambda: EpochGraphs(model, train, validation, class_weight)
    )


def of_one(
    kept: dict[Any, Any], model: Any, kind: Any, make: Callable[[], Graphs]
) -> Graphs:
    """Returns what `make` returned for this model before, or returns.

    Args:
        kept: What it has returned for this model.
        model: A compiled model; compiled anew, it needs new graphs.
        kind: What else decides about the graphs; hashable.
        make: What it raises is raised.
    """
    compiled = (model.optimizer, model._compile_loss, model._compile_metrics)
    key = (*map(id, compiled), kind)
    if key not in kept:
        kept[key] = (make(), compiled)
    graphs: Graphs = kept[key][0]
    return graphs


def shared(
    model: Any, kind: Any, batch: Any, make: Callable[[Numbers], Graphs]
) -> Graphs:
    """Returns what `make` returned for an earlier model of this structure, or returns.

    Args:
        model: A compiled model; what `graphs_for` says about sharing holds.
        kind: What else decides about the graphs; hashable.
        batch: Specifications of a batch: features, label and weight.
        make: Numbers of the model -> graphs; what it raises is raised.
    """
    structure = structure_of(model) if model.built else None
    return _shared(model, structure, kind, batch, make)


def forget(graphs: Any) -> None:
    """Gives these graphs to no later model: they cannot be made."""
    for key, known in list(_known.items()):
        if known.graphs is graphs:
            del _known[key]


def _shared(
    model: Any,
    structure: Structure | None,
    kind: Any,
    batch: Any,
    make: Callable[[Numbers], Graphs],
) -> Graphs:
    if structure is None:
        return make(Numbers({}))
    key = (structure.key, kind)
    known = _known.get(key)
    if known is not None and _bind(model, known, structure, batch):
        _known.move_to_end(key)
        graphs: Graphs = known.graphs
        return graphs
    numbers, optimizer = Numbers(structure.numbers), model.optimizer
    num_before = 0 if optimizer.built else len(optimizer.variables)
    graphs = make(numbers)
    optimizer.build(model.trainable_variables)
    slots = optimizer.variables[num_before:] if num_before else ()
    _known[key] = _Known(graphs, model, _variables(model), slots, numbers)
    if len(_known) > _NUM_KEPT:
        _known.popitem(last=False)
    return graphs


def _bind(model: Any, known: _Known, structure: Structure, batch: Any) -> bool:
    make_metrics(model, batch)
    metrics, theirs = model.metrics_variables, known.first.metrics_variables
    if list(map(_kind, metrics)) != list(map(_kind, theirs)):
        return False
    if not model.optimizer.built:
        _build_optimizer(model, known.slots)
    variables = _variables(model)
    if list(map(_kind, variables)) != list(map(_kind, known.variables)):
        return False
    for own, shared in zip(variables, known.variables, strict=True):
        if own._value is not shared._value:
            _assign(shared, own._value.read_value())
            own._value = shared._value
    _know_again(model.optimizer)
    for own, shared in zip(metrics, theirs, strict=True):
        own._value = shared._value
    model.reset_metrics()
    known.numbers.take(structure.numbers)
    return True


def _know_again(optimizer: Any) -> None:
    """Tells an optimiser that the values of its model's variables are others now."""
    places = optimizer._trainable_variables_indices
    places.clear()
    for place, variable in enumerate(optimizer._trainable_variables):
        places[optimizer._var_key(variable)] = place


def _build_optimizer(model: Any, slots: Sequence[Any]) -> None:
    """Builds the optimiser with the slots of the graphs, begun anew where they fit.

    Making variables only to give them up is a third of the time that a bind takes.
    """
    import tensorflow as tf

    optimizer, left = model.optimizer, list(slots)
    nothing: dict[Any, Any] = {}
    make = optimizer.add_variable_from_reference

    def taken(reference_variable: Any, *args: Any, **kwargs: Any) -> Any:
        variable, reference = left.pop(0) if left else None, reference_variable
        wanted = (tuple(reference.shape), reference.dtype)
        zeros = kwargs.get("initializer", "zeros") == "zeros" and len(args) < 2
        if not zeros or variable is None or _kind(variable) != wanted:
            return make(reference_variable, *args, **kwargs)
        if wanted not in nothing:
            nothing[wanted] = tf.zeros(*wanted)
        _assign(variable, nothing[wanted])
        optimizer._track_variable(variable)
        return variable

    vars(optimizer)["add_variable_from_reference"] = taken
    try:
        optimizer.build(model.trainable_variables)
    finally:
        del vars(optimizer)["add_variable_from_reference"]


def _assign(variable: Any, value: Any) -> None:
    """Assigns without all that Python does around it."""
    import tensorflow as tf

    tf.raw_ops.AssignVariableOp(resource=variable._value.handle, value=value)


def _kind(variable: Any) -> tuple[tuple[int, ...], Any]:
    return tuple(variable.shape), variable.dtype


def _variables(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def specs_of(examples: Examples) -> str:
    """Returns the types and shapes of examples, but for their number."""
    import tensorflow as tf

    return str(
        tf.nest.map_structure(lambda t: (t.dtype, t.shape[1:]), examples.columns)
    )
