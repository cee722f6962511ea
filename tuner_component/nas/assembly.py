"""Declares an architecture's hyperparameters, and builds what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuner_component.errors import InfeasibleTrialError, SearchSpaceError
from tuner_component.nas import shapes
from tuner_component.nas.operations import Operation
from tuner_component.search_space.wiring import Wire, Wiring, wirings


def default(operations: Mapping[str, Operation]) -> str:
    """Returns the first operation with weights, or else the first that makes a path."""
    paths = [name for name, each in operations.items() if each.kind != "none"]
    weighted = [name for name in paths if operations[name].kind == "weights"]
    return (weighted or paths)[0]


def kinds(operations: Mapping[str, Operation]) -> dict[str, str]:
    """Returns the kinds of the operations that are not of the usual one."""
    return {n: each.kind for n, each in operations.items() if each.kind != "weights"}


def declare(hp: Any, wiring: Wiring) -> Wiring:
    """Makes a wiring a hyperparameter, so that it goes where the values go.

    Returns:
        The wiring with the names that the hyperparameters have in `hp.name_scope`.

    Raises:
        SearchSpaceError: If another architecture has this name, or one that makes the
            same hyperparameters, or if the condition of an `hp.conditional_scope` does
            not hold.
    """
    scoped = wiring.renamed(hp._get_name)
    _check_names(scoped, wirings(hp.values.items()))
    text = scoped.to_text()
    found = hp.Fixed(wiring.name, text)
    check_active(wiring.name, found)
    if found != text:
        raise SearchSpaceError(
            f"The architecture {wiring.name!r} is not the one that the hyperparameters "
            "hold: another one has this name, or the code has changed since. Give each "
            "architecture a name of its own, nas.Cell(..., name='reduction') say, and "
            "build a winner with the code that found it."
        )
    return scoped


def _check_names(wiring: Wiring, others: Iterable[Wiring]) -> None:
    for other in others:
        shared = {wiring.name, *wiring.names} & {other.name, *other.names}
        if shared and other.name != wiring.name:
            raise SearchSpaceError(
                f"The architectures {wiring.name!r} and {other.name!r} both have a "
                f"hyperparameter {min(shared)!r}; expected names of which none begins "
                "with another one. Rename one of them, nas.Chain(..., name='head') say."
            )


def check_active(owner: str, value: object) -> None:
    """Raises if a hyperparameter has no value, as its condition does not hold.

    Args:
        owner: The architecture's name.
        value: What KerasTuner returned.

    Raises:
        SearchSpaceError: Says where the architecture should be built.
    """
    if value is None:
        raise SearchSpaceError(
            f"The architecture {owner!r} is built in an hp.conditional_scope whose "
            "condition does not hold; expected only where it does, since KerasTuner "
            "gives its hyperparameters no values otherwise. Inside the scope, ask for "
            "the parent's value before: if kind == 'cnn': tensor = cell(hp, ...)."
        )


def build(
    wiring: Wiring,
    values: Mapping[str, Any],
    operations: Mapping[str, Operation],
    inputs: Sequence[Any],
    width: int,
) -> Any:
    """Returns the tensor of the output node.

    Only what is on a path from an input to the output is built.

    Args:
        wiring: Says what is connected.
        values: The configuration.
        operations: By name.
        inputs: One tensor an input node.
        width: Features or filters of edges that do not choose it.

    Raises:
        InfeasibleTrialError: If no path leads from an input to the output.
        SearchSpaceError: If what meets in a node cannot be merged.
    """
    wires = wiring.wires(values)
    tensors = dict(enumerate(inputs))
    for node in range(len(inputs), wiring.output + 1):
        into = [
            _applied(wire, tensors[wire.source], operations, width)
            for wire in wires
            if wire.target == node
        ]
        if into:
            how = wiring.merge(values) if node == wiring.output else "add"
            tensors[node] = shapes.merge(wiring.name, how, into)
    if wiring.output not in tensors:
        raise InfeasibleTrialError(
            f"The architecture {wiring.name!r} has no path from its input to its "
            "output."
        )
    return tensors[wiring.output]


def _applied(
    wire: Wire, tensor: Any, operations: Mapping[str, Operation], width: int
) -> Any:
    if not wire.operation:
        return tensor
    operation = operations[wire.operation]
    if operation.apply is None:
        return tensor
    if operation.kind == "free":
        return operation.apply(tensor)
    return operation.apply(tensor, int(wire.further[0]) if wire.further else width)
