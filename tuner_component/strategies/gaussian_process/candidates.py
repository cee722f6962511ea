"""Where to look for the configuration that is worth most."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from tuner_component.search_space.columns import Column
from tuner_component.search_space.encoding import Encoding

Array = npt.NDArray[np.float64]

_STEPS = (0.2, 0.05, 0.01)
_FEW = 5
_REDRAWN = (1.5, 3.0)
_NUM_DRAWN = 500
_NUM_MUTATED = 300
_NUM_PARENTS = 10
_WIDTH = 8
_MAX_CLIMBS = 12
_LEAST_GAIN = 1e-3


def best(
    encoding: Encoding,
    ranked: Array,
    worth: Callable[[Array], Array],
    rng: np.random.Generator,
    *,
    climb: bool = True,
) -> tuple[Array, float]:
    """Returns the configuration that is worth most of those looked at.

    Random ones and variations of good ones are the start; then the best few move to
    their best neighbours until that gains nothing.

    Args:
        encoding: Of the space.
        ranked: Codes of what was tried, the best first, shape
            `(n, num_parameters)`, n >= 1.
        worth: What codes are worth.
        rng: Draws everything random.
        climb: Whether to look at neighbours at all. What is worth most of everything
            often lies on the edge of the space, where a model knows least.

    Returns:
        Codes of shape `(num_parameters,)` and their worth.
    """
    parents = ranked[:_NUM_PARENTS]
    drawn = encoding.sample(rng.random((_NUM_DRAWN, ranked.shape[1])))
    litter = np.repeat(parents, _NUM_MUTATED // len(parents), axis=0)
    starts = np.concatenate([drawn, mutations(encoding, litter, rng)])
    if climb:
        starts = np.concatenate([starts, neighbours(encoding, parents, rng)])
    front, values = _foremost(starts, worth(starts))
    for _ in range(_MAX_CLIMBS if climb else 0):
        before = values[0]
        around = neighbours(encoding, front, rng)
        front, values = _foremost(
            np.concatenate([front, around]), np.concatenate([values, worth(around)])
        )
        if not values[0] > before + _LEAST_GAIN:
            break
    return front[0], float(values[0])


def mutations(encoding: Encoding, codes: Array, rng: np.random.Generator) -> Array:
    """Returns configurations in which a few parameters are drawn anew.

    Args:
        encoding: Of the space.
        codes: Shape `(n, num_parameters)`.
        rng: Draws which, and what.

    Returns:
        One a row of the codes, of the same shape.
    """
    drawn = encoding.sample(rng.random(codes.shape))
    share = rng.choice(_REDRAWN, (len(codes), 1)) / codes.shape[1]
    redrawn = np.where(rng.random(codes.shape) < share, drawn, codes)
    return encoding.settle(redrawn, drawn)


def neighbours(encoding: Encoding, codes: Array, rng: np.random.Generator) -> Array:
    """Returns configurations that differ in one parameter.

    Unordered and few ordered values are all tried. Of others, it is those about 0.2,
    0.05 and 0.01 of the scale away and the next on either side.

    Args:
        encoding: Of the space.
        codes: Shape `(n, num_parameters)`.
        rng: Draws steps, and what parameters get that the change activates.

    Returns:
        Codes, shape `(num_neighbours, num_parameters)`.
    """
    moved = [codes[:0]]
    for index, column in enumerate(encoding.columns):
        active = codes[~np.isnan(codes[:, index])]
        for places in _moves(column, active[:, index], rng):
            changed = active.copy()
            changed[:, index] = places
            moved.append(changed[places != active[:, index]])
    together = np.concatenate(moved)
    return encoding.settle(together, encoding.sample(rng.random(together.shape)))


def _moves(column: Column, codes: Array, rng: np.random.Generator) -> Iterator[Array]:
    few = not column.is_ordered or len(column.codes) <= _FEW
    if column.values is not None and few:
        yield from (np.full_like(codes, code) for code in column.codes)
        return
    for step in (*_STEPS, *(-step for step in _STEPS)):
        yield column.nearest(codes + step * rng.uniform(0.5, 1.5, len(codes)))
    if column.values is not None:
        place = np.searchsorted(column.codes, codes)
        for index in (place - 1, place + 1):
            yield column.codes[index.clip(0, len(column.codes) - 1)]


def _foremost(codes: Array, values: Array) -> tuple[Array, Array]:
    """Returns the few best distinct codes and their values, best first."""
    order = np.argsort(-values, kind="stable")[: 20 * _WIDTH]
    _, first = np.unique(codes[order], axis=0, return_index=True, equal_nan=True)
    kept = order[np.sort(first)[:_WIDTH]]
    return codes[kept], values[kept]
