"""Allowed configurations of a space with constraints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space.draws import below
from tuner_component.search_space.variation import change_one
from tuner_component.trial import Value

if TYPE_CHECKING:
    from tuner_component.search_space.space import SearchSpace

_NUM_TRIED = 100_000
_MAX_DRAWS = 1_000
_NUM_DRAWN = 20_000
_NUM_STEPS = 200
_LOG_WIDTHS = (-5.0, -0.5)


def sample(space: SearchSpace, rng: np.random.Generator) -> dict[str, Value]:
    """Returns a random allowed configuration.

    The first of up to 1,000 draws that is allowed. Where none is, the space being
    tight, each has the same chance if they can be counted; otherwise it is where a
    random walk through allowed configurations ends.

    Args:
        space: Has at least one allowed configuration.
        rng: Gives the random numbers.
    """
    for _ in range(_MAX_DRAWS):
        values = space.draw(rng)
        if space.allows(values):
            return values
    size = space.size()
    if size is not None:
        return space.unrank(below(rng, size))
    starts = space.starts
    return _walked(space, starts[int(rng.integers(len(starts)))], rng)


def starts(space: SearchSpace) -> list[dict[str, Value]]:
    """Returns where walks start: the defaults and what is allowed of many draws."""
    rng = np.random.default_rng(0)
    draws = (space.draw(rng) for _ in range(_NUM_DRAWN))
    return [space.defaults(), *filter(space.allows, draws)]


def _walked(
    space: SearchSpace, start: Mapping[str, Value], rng: np.random.Generator
) -> dict[str, Value]:
    values = dict(start)
    for _ in range(_NUM_STEPS):
        step = change_one(space, values, rng, 10 ** rng.uniform(*_LOG_WIDTHS))
        if space.allows(step):
            values = step
    return values


def some_allowed(space: SearchSpace) -> dict[str, Value]:
    """Returns an allowed configuration, the same in every process.

    Raises:
        SearchSpaceError: If there is none, or, where they cannot be counted, if
            neither the defaults nor any of 100,000 random ones are. Shows the
            constraint that rejects most.
    """
    size = space.size()
    if size:
        return space.unrank(0)
    defaults = space.build(lambda parameter: parameter.default)
    if space.allows(defaults):
        return defaults
    rng = np.random.default_rng(0)
    rejected: Counter[str] = Counter()
    for _ in range(_NUM_TRIED if size is None else _MAX_DRAWS):
        values = space.draw(rng)
        broken = [each.text for each in space.constraints if not each.holds(values)]
        if not broken:
            return values
        rejected.update(broken)
    raise _contradictory(rejected, exactly=size is not None)


def _contradictory(rejected: Counter[str], *, exactly: bool) -> SearchSpaceError:
    num_drawn = _MAX_DRAWS if exactly else _NUM_TRIED
    ((text, count),) = rejected.most_common(1)
    what = (
        "The constraints contradict each other, or what the hyperparameters can be: "
        "no configuration fulfils them all"
        if exactly
        else "Neither the defaults nor any of "
        f"{num_drawn:,} random configurations fulfil all constraints, so "
        "they contradict each other or leave too little to search"
    )
    return SearchSpaceError(
        f"{what}. {text!r} rejects most, {100 * count / num_drawn:.3g}% of random "
        "configurations. Loosen or remove it, or declare the hyperparameters so that "
        "more of them fit."
    )
