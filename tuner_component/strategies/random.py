"""Random: independent draws without repeats."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from tuner_component.search_space import SearchSpace
from tuner_component.search_space.domain import nth_missing
from tuner_component.search_space.draws import below
from tuner_component.strategies.base import Action, Done, Suggest, rng
from tuner_component.strategies.tried import PerTrial, all_tried
from tuner_component.trial import Trial, Value

_MAX_DRAWS = 20
_MAX_ENDLESS_DRAWS = 1_000
_MAX_EQUAL = 100_000


class Random:
    """Draws every parameter on its own scale; the first trial has the defaults.

    A draw that was tried before, or is not allowed, is drawn again. Where that
    happens too often in a finite space, one of the untried configurations is picked,
    each with the same chance, so a finite space is covered exactly and then the
    search ends. Of configurations that are one architecture, one is tried.

    Args:
        space: What can be tried.
        seed: Fixes the draws, >= 0.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._space = space
        self._seed = seed
        self._configurations = space.configurations()
        self._tried: dict[tuple[tuple[str, Value], ...], tuple[str, int | None]] = {}
        self._identify_all = PerTrial(self._identify)
        self._ranks: dict[str, int | None] = {}
        self._num_identified = 0

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns untried configurations; `Done` when none is left.

        The configuration of a number depends on the seed, the number and the set of
        configurations tried before.
        """
        tried = self._identified(history)
        actions: list[Action] = []
        for number in range(len(history), len(history) + count):
            values = self._next(number, tried)
            if values is None:
                return [*actions, self._done()]
            key, rank = self._identify(values)
            tried[key] = rank
            actions.append(Suggest(values))
        return actions

    def _identified(self, history: Sequence[Trial]) -> dict[str, int | None]:
        identified = self._identify_all(history)
        known = self._identify_all.num_kept
        if known < self._num_identified:
            self._ranks, known = {}, 0
        self._ranks |= identified[known:]
        self._num_identified = len(identified)
        return dict(self._ranks)

    def _next(
        self, number: int, tried: Mapping[str, int | None]
    ) -> dict[str, Value] | None:
        if number == 0:
            return self._space.defaults()
        size = self._configurations.size
        ranks = {r for r in tried.values() if r is not None} if size else set()
        if size is not None and len(ranks) >= size:
            return None
        generator = rng(self._seed, number)
        for _ in range(_MAX_ENDLESS_DRAWS if size is None else _MAX_DRAWS):
            values = self._space.sample(generator)
            if self._identify(values)[0] not in tried:
                return values
        if size is None:
            return None
        nth = nth_missing(sorted(ranks), below(generator, size - len(ranks)))
        if self._space.wirings:
            return self._unequal(nth, size, tried)
        return self._configurations[nth]

    def _unequal(
        self, start: int, size: int, tried: Container[str]
    ) -> dict[str, Value] | None:
        """Returns the first configuration from `start` on that equals no tried one."""
        for step in range(min(size, _MAX_EQUAL)):
            values = self._configurations[(start + step) % size]
            if self._identify(values)[0] not in tried:
                return values
        return None

    def _identify(self, values: Mapping[str, Value]) -> tuple[str, int | None]:
        """Returns the key of a configuration and its number, if it has one."""
        given = tuple(values.items())
        if given not in self._tried:
            complete = self._space.complete(values)
            self._tried[given] = (
                self._space.key(values),
                self._configurations.rank(complete),
            )
        return self._tried[given]

    def _done(self) -> Done:
        size = self._configurations.size
        if size is not None and (size <= _MAX_EQUAL or not self._space.wirings):
            return all_tried(self._space, size)
        number = _MAX_ENDLESS_DRAWS if size is None else _MAX_EQUAL
        return Done(f"{number} draws in a row had been tried before")
