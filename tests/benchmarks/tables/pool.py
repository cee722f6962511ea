"""A table as a pool: every configuration of it is tried at most once."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.curves import Curves, position
from tests.benchmarks.tables.task import Values
from tuner_component.search_space import Float, Int, SearchSpace


class Pool:
    """Gives, for what a search proposes, the nearest configuration still untried.

    So a search sees the configuration whose curve it gets. Otherwise one that looks
    close to its best trial gets the best trial's curve once more.

    Args:
        task: The table; its space has numbers only, or a single choice.
    """

    def __init__(self, task: Curves) -> None:
        self._task = task
        self._left = np.ones(len(task.positions), bool)

    def take(self, values: Values) -> Values:
        """Returns the configuration; what was proposed if none is left."""
        if not self._left.any():
            return values
        here = np.array(position(self._task.space, values))
        away = ((self._task.positions - here) ** 2).sum(axis=1)
        row = int(np.where(self._left, away, np.inf).argmin())
        self._left[row] = False
        return values_at(self._task.space, self._task.positions[row])


def values_at(space: SearchSpace, point: np.ndarray) -> Values:
    """Returns the configuration at a position; the reverse of `position`."""
    found = {}
    for parameter, share in zip(space.parameters, point.tolist(), strict=True):
        if isinstance(parameter, Float | Int):
            value = _value(parameter, min(max(share, 0.0), 1.0))
            value = min(max(value, parameter.low), parameter.high)
            found[parameter.name] = (
                round(value) if isinstance(parameter, Int) else float(value)
            )
        else:
            found[parameter.name] = list(parameter.values() or ())[round(share)]
    return found


def _value(parameter: Float | Int, share: float) -> float:
    low, high = parameter.low, parameter.high
    if parameter.sampling == "linear":
        return low + share * (high - low)
    if parameter.sampling == "reverse_log":
        return low + high - low * (high / low) ** (1 - share)
    return low * (high / low) ** share
