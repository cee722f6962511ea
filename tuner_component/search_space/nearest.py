"""The allowed configuration that is nearest to the defaults."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tuner_component.search_space.configurations import Configurations
from tuner_component.search_space.feasibility import some_allowed
from tuner_component.search_space.parameter import Parameter
from tuner_component.trial import Value

if TYPE_CHECKING:
    from tuner_component.search_space.space import SearchSpace

_LISTED = 20_000
_NUM_STARTS = 50
_NUM_HALVINGS = 20


def nearest_to_defaults(space: SearchSpace) -> dict[str, Value]:
    """Returns the defaults if they are allowed, otherwise what is nearest to them.

    Distance is the sum over the active parameters of how far the value is from the
    default on the sampling scale; 1 for another value of a parameter without order.
    It is the least of all where what the constraints name has at most 20,000
    combinations, otherwise the least that a search from random starts finds.
    """
    defaults = space.build(lambda parameter: parameter.default)
    if space.allows(defaults):
        return defaults
    candidates = _combinations(space)
    if candidates is None:
        candidates = (_approached(space, start) for start in _starts(space))
    return min(candidates, key=lambda values: _distance(space, values))


def _combinations(space: SearchSpace) -> Iterable[dict[str, Value]] | None:
    """Returns all of what the constraints name, the rest at its defaults."""
    tied = _tied(space)
    combinations = Configurations(tied, constraints=space.constraints)
    if combinations.size is None or combinations.size > _LISTED:
        return None
    return (_completed(space, own) for own in combinations)


def _completed(space: SearchSpace, own: Mapping[str, Value]) -> dict[str, Value]:
    def choose(parameter: Parameter) -> Value:
        value: Value = own.get(parameter.name, parameter.default)
        return value

    return space.build(choose)


def _tied(space: SearchSpace) -> list[Parameter]:
    """Returns what the constraints name, and the parameters that these depend on."""
    names = {name for constraint in space.constraints for name in constraint.names}
    num_known = -1
    while num_known != len(names):
        num_known = len(names)
        for parameter in space.parameters:
            if parameter.name in names:
                names |= {condition.parent for condition in parameter.conditions}
    return [parameter for parameter in space.parameters if parameter.name in names]


def _starts(space: SearchSpace) -> Iterable[dict[str, Value]]:
    rng = np.random.default_rng(0)
    draws = (space.draw(rng) for _ in range(_NUM_STARTS))
    return itertools.chain([some_allowed(space)], filter(space.allows, draws))


def _approached(space: SearchSpace, values: dict[str, Value]) -> dict[str, Value]:
    """Moves one parameter after the other towards its default, as far as allowed."""
    for parameter in space.active(values):
        if values.get(parameter.name) == parameter.default:
            continue
        moved = _with(space, values, parameter, parameter.default)
        if space.allows(moved):
            values = moved
        elif parameter.is_ordered and parameter.name in values:
            values = _halfway(space, values, parameter)
    return values


def _halfway(
    space: SearchSpace, values: dict[str, Value], parameter: Parameter
) -> dict[str, Value]:
    if parameter not in space.active(values):
        return values
    here = parameter.encode(values[parameter.name])
    there = parameter.encode(parameter.default)
    for _ in range(_NUM_HALVINGS):
        middle = (here + there) / 2
        moved = _with(space, values, parameter, parameter.decode(middle))
        if space.allows(moved):
            values, here = moved, middle
        else:
            there = middle
    return values


def _with(
    space: SearchSpace,
    values: Mapping[str, Value],
    changed: Parameter,
    value: Value,
) -> dict[str, Value]:
    def choose(parameter: Parameter) -> Value:
        if parameter == changed:
            return value
        kept: Value = values.get(parameter.name, parameter.default)
        return kept if parameter.contains(kept) else parameter.default

    return space.build(choose)


def _distance(space: SearchSpace, values: Mapping[str, Value]) -> float:
    return sum(
        _apart(parameter, values[parameter.name]) for parameter in space.active(values)
    )


def _apart(parameter: Parameter, value: Value) -> float:
    if value == parameter.default:
        return 0.0
    if not parameter.is_ordered:
        return 1.0
    return abs(parameter.encode(value) - parameter.encode(parameter.default))
