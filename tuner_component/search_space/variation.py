"""Configurations made from others: mutation and crossover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tuner_component.search_space.parameter import Parameter
from tuner_component.trial import Value

if TYPE_CHECKING:
    from tuner_component.search_space.space import SearchSpace

_MAX_DRAWS = 50
_DRAWS_AT_A_DISTANCE = 10
_MAX_DISTANCE = 4
_USUAL_WIDTH = 0.1
_LOCAL = 0.5
"""Share of the changes of an ordered parameter that stay in the neighbourhood."""


def mutate(
    space: SearchSpace,
    values: Mapping[str, Value],
    rng: np.random.Generator,
    width: float,
) -> dict[str, Value]:
    """Returns an allowed configuration that differs in one active parameter.

    Where constraints forbid such changes, it differs in two, in three, or is any
    random one. What the change activates is drawn at random, and so is what has no
    value of this space (in a trial from before the space changed); all else stays,
    but for a default between two steps, which becomes the nearest step.
    The new value of an ordered parameter is, half of the time, close to the old one
    on the sampling scale, otherwise any.

    Args:
        space: What can be tried.
        values: A configuration of the space.
        rng: Gives the random numbers.
        width: Standard deviation of a close change, as a fraction of the scale; > 0.
    """
    for attempt in range(_DRAWS_AT_A_DISTANCE * _MAX_DISTANCE):
        changed = dict(values)
        for _ in range(1 + attempt // _DRAWS_AT_A_DISTANCE):
            changed = change_one(space, changed, rng, width)
        if space.allows(changed):
            return changed
    return space.sample(rng)


def change_one(
    space: SearchSpace,
    values: Mapping[str, Value],
    rng: np.random.Generator,
    width: float,
) -> dict[str, Value]:
    """Returns what `mutate` does, allowed or not, with one parameter changed."""
    before = _known(space, values)
    changeable = [parameter for parameter in before if _varies(parameter)]
    if not changeable:
        return dict(values)
    changed = changeable[int(rng.integers(len(changeable)))]

    def choose(parameter: Parameter) -> Value:
        if parameter == changed:
            return _another(parameter, before[parameter], rng, width)
        if parameter in before:
            return parameter.on_grid(before[parameter])
        return parameter.sample(rng)

    return space.build(choose)


def crossover(
    space: SearchSpace,
    one: Mapping[str, Value],
    other: Mapping[str, Value],
    rng: np.random.Generator,
) -> dict[str, Value]:
    """Returns an allowed configuration whose values come from either of two.

    Each active parameter takes the value of one of them, with equal chances, or of
    the only one in which it is active; instead of a default between two steps, the
    nearest step. Where it is active in neither, because it has
    a parent from each side, it is drawn at random. Where constraints forbid what was
    drawn many times, it is a mutation of `one`.

    Args:
        space: What can be tried.
        one: A configuration of the space.
        other: Another.
        rng: Gives the random numbers.
    """
    sides = [_known(space, side) for side in (one, other)]

    def choose(parameter: Parameter) -> Value:
        having = [side[parameter] for side in sides if parameter in side]
        if not having:
            return parameter.sample(rng)
        return parameter.on_grid(having[int(rng.integers(len(having)))])

    for _ in range(_DRAWS_AT_A_DISTANCE):
        child = space.build(choose)
        if space.allows(child):
            return child
    return mutate(space, one, rng, _USUAL_WIDTH)


def _known(space: SearchSpace, values: Mapping[str, Value]) -> dict[Parameter, Value]:
    return {
        parameter: values[parameter.name]
        for parameter in space.active(values)
        if parameter.name in values and parameter.contains(values[parameter.name])
    }


def _another(
    parameter: Parameter, value: Value, rng: np.random.Generator, width: float
) -> Value:
    local = parameter.is_ordered and rng.random() < _LOCAL
    place = parameter.encode(value)
    for _ in range(_MAX_DRAWS):
        if local:
            drawn = parameter.decode(_reflected(place + width * rng.standard_normal()))
        else:
            drawn = parameter.decode(rng.random())
        if drawn != value:
            return drawn
        width *= 1.1  # a step wider than the neighbourhood is reached in the end
    return parameter.decode(0.0 if value == parameter.decode(1.0) else 1.0)


def _reflected(place: float) -> float:
    """Returns a place folded back into 0..1 at both ends."""
    place = abs(place) % 2.0
    return 2.0 - place if place > 1.0 else place


def _varies(parameter: Parameter) -> bool:
    return parameter.decode(0.0) != parameter.decode(1.0)
