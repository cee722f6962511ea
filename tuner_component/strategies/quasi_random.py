"""Quasi-random: points that fill the space more evenly than random ones."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from tuner_component.search_space import Parameter, SearchSpace
from tuner_component.strategies.base import Action, Suggest, rng
from tuner_component.strategies.random import Random
from tuner_component.strategies.tried import Tried
from tuner_component.trial import Trial, Value

_FIRST_POINTS = 64
_MAX_TRIED_IN_A_ROW = 1_000
_MAX_USELESS_IN_A_ROW = 10_000


class QuasiRandom:
    """A scrambled Sobol sequence, read on the sampling scales of the parameters.

    The first trial has the defaults. Each parameter has a coordinate of its own,
    which nobody reads where the parameter is inactive. Points whose configuration
    was tried or is not allowed are passed over; where there are too many of them, any
    untried configuration is taken, so that a finite space is covered exactly.

    Args:
        space: What can be tried.
        seed: Fixes the scrambling, >= 0.

    Reference:
        Sobol, 1967; Joe and Kuo, 2008, Constructing Sobol Sequences with Better
        Two-Dimensional Projections; Matousek, 1998, On the L2-Discrepancy for
        Anchored Boxes (scrambling).
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._space = space
        self._random = Random(space, seed)
        self._tried = Tried(space)
        varying = [p for p in space.parameters if p.decode(0.0) != p.decode(1.0)]
        self._coordinates = {p: index for index, p in enumerate(varying)}
        # Number 0 is taken: the first trial has the defaults.
        self._sobol = qmc.Sobol(max(len(varying), 1), seed=rng(seed, 0))
        self._points: npt.NDArray[np.float64] = self._sobol.random(_FIRST_POINTS)
        self._configurations: dict[str, dict[str, Value]] = {}
        self._keys: list[str] = []
        self._num_read = 0
        self._num_useless = 0

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns the next untried configurations; `Done` when none is left."""
        return self._tried.one_by_one(history, count, self._next)

    def _next(self, trials: Sequence[Trial], tried: Container[str]) -> Action:
        for position in range(len(trials) + _MAX_TRIED_IN_A_ROW if trials else 0):
            key = self._key(position)
            if key is None:
                break
            if key not in tried:
                return Suggest(self._configurations[key])
        return self._random.propose(trials, 1)[0]

    def _key(self, position: int) -> str | None:
        """Returns the key of an allowed configuration of the sequence, by position.

        None where there are no more, or too many points in a row were useless: not
        allowed, or the configuration of an earlier one.
        """
        while len(self._keys) <= position:
            if self._num_useless == _MAX_USELESS_IN_A_ROW or self._has_all():
                return None
            values = self._read(self._point(self._num_read))
            self._num_read += 1
            key = self._space.key(values) if self._space.allows(values) else None
            if key is None or key in self._configurations:
                self._num_useless += 1
            else:
                self._num_useless = 0
                self._configurations[key] = values
                self._keys.append(key)
        return self._keys[position]

    def _has_all(self) -> bool:
        size = self._space.size()
        return size is not None and len(self._keys) >= size

    def _point(self, position: int) -> npt.NDArray[np.float64]:
        if position == len(self._points):
            more = self._sobol.random(len(self._points))
            self._points = np.concatenate([self._points, more])
        point: npt.NDArray[np.float64] = self._points[position]
        return point

    def _read(self, point: npt.NDArray[np.float64]) -> dict[str, Value]:
        def choose(parameter: Parameter) -> Value:
            index = self._coordinates.get(parameter)
            return parameter.decode(0.5 if index is None else float(point[index]))

        return self._space.build(choose)
