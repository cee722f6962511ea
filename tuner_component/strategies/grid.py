"""Grid: every configuration once, in a random order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuner_component.search_space import SearchSpace
from tuner_component.search_space.draws import below
from tuner_component.strategies.base import Action, Suggest, rng
from tuner_component.strategies.tried import Tried, all_tried
from tuner_component.trial import Trial, Value


class Grid:
    """Tries the exact product of what the active parameters can be, then ends.

    The order is a random permutation, so that a search which stops early has seen
    an unbiased part of the grid. Proposals walk along it and pass over whatever was
    tried before, also where it is the same architecture written down otherwise.

    Args:
        space: What can be tried.
        seed: Fixes the order, >= 0.
        grid_points: How many values a continuous parameter gets: its ends and others
            evenly spaced on its scale; >= 1.

    Raises:
        ValueError: If `grid_points` is not a positive integer, or if constraints allow
            nothing of the grid or tie too many values to count it.
    """

    def __init__(self, space: SearchSpace, seed: int, grid_points: int = 10) -> None:
        _check_points(grid_points)
        self._space = space
        self._configurations = space.configurations(grid_points)
        _check_size(self._configurations.size, grid_points)
        self._order = _Permutation(self.num_configurations, seed)
        self._ranks: dict[tuple[tuple[str, Value], ...], int | None] = {}
        self._tried = Tried(space)
        self._has_equals = bool(space.wirings)
        self._keys: dict[int, str] = {}

    @property
    def num_configurations(self) -> int:
        """How many configurations the grid has."""
        return self._configurations.size or 0

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns the next untried configurations of the grid, then `Done`."""
        tried = {self._rank(trial.values) for trial in history}
        keys = {self._tried.key(trial.values) for trial in history if self._has_equals}
        actions: list[Action] = []
        position = 0
        while len(actions) < count:
            if position == self.num_configurations:
                done = all_tried(self._space, self.num_configurations)
                return [*actions, done]
            number = self._order[position]
            values = None if number in tried else self._unequal(number, keys)
            if values is not None:
                actions.append(Suggest(values))
            position += 1
        return actions

    def _unequal(self, number: int, keys: set[str]) -> dict[str, Value] | None:
        """Returns a configuration, and adds its key; None if its key is there."""
        if not self._has_equals:
            return self._configurations[number]
        if number not in self._keys:
            self._keys[number] = self._space.key(self._configurations[number])
        if self._keys[number] in keys:
            return None
        keys.add(self._keys[number])
        return self._configurations[number]

    def _rank(self, values: Mapping[str, Value]) -> int | None:
        given = tuple(values.items())
        if given not in self._ranks:
            complete = self._space.complete(values)
            self._ranks[given] = self._configurations.rank(complete)
        return self._ranks[given]


class _Permutation:
    """A uniformly random order of `range(size)`, drawn as far as it is read.

    Reference:
        Durstenfeld, 1964, Algorithm 235: Random permutation; the entries that are
        still in their place are not stored.
    """

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._rng = rng(seed, 0)
        self._moved: dict[int, int] = {}
        self._drawn: list[int] = []

    def __getitem__(self, position: int) -> int:
        while len(self._drawn) <= position:
            here = len(self._drawn)
            there = here + below(self._rng, self._size - here)
            self._drawn.append(self._moved.get(there, there))
            self._moved[there] = self._moved.pop(here, here)
        return self._drawn[position]


def _check_points(grid_points: object) -> None:
    integer = isinstance(grid_points, int) and not isinstance(grid_points, bool)
    if not integer or grid_points < 1:  # type: ignore[operator]
        raise ValueError(
            f"The strategy 'grid' received grid_points={grid_points!r}; expected an "
            "integer, at least 1."
        )


def _check_size(size: int | None, grid_points: int) -> None:
    if not size:
        what = "allow no point" if size == 0 else "tie too many values to count those"
        raise ValueError(
            f"The constraints {what} of the grid with grid_points={grid_points}. "
            "Choose another number of points or other steps, or another strategy, for "
            "example Search(strategy='quasi_random')."
        )
