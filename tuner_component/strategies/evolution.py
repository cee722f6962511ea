"""Evolution: change the best of a few of the members of a population."""

from __future__ import annotations

import dataclasses
import itertools
import operator
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from tuner_component.search_space import SearchSpace
from tuner_component.search_space.variation import crossover, mutate
from tuner_component.spelling import suggestion
from tuner_component.strategies.base import Action, Suggest, rng
from tuner_component.strategies.options import check_flag, check_integer, check_number
from tuner_component.strategies.random import Random
from tuner_component.strategies.tried import Tried
from tuner_component.trial import Inheritance, Trial, TrialState, Value

Removal = Literal["age", "performance"]

_REMOVALS = ("age", "performance")
_CHILDREN_AT_A_DISTANCE = 10
_MAX_DISTANCE = 10


@dataclasses.dataclass(frozen=True)
class _Member:
    loss: float
    heritage: Inheritance
    values: Mapping[str, Value]


class Evolution:
    """Tournament selection, crossover and mutation in a population.

    The first trial has the defaults, the others of the first population are random.
    From then on the best of a few members drawn at random is a parent; its child,
    half of the time a crossover with a second parent, differs from it in one more
    parameter. A trial joins the population when it completes and holds up nobody
    while it runs. Then a member leaves: the oldest, or the worst.

    With `inherit_weights` a child begins with the weights of its parent, the first of
    two: layers of equal shape are copied, and wider or additional ones keep the
    parent's function where they can (see `tuner_component.morphism`). Its score is
    then that of all the training of its line.

    Nothing is tried twice: where the children next to the parents were tried, the
    next ones differ in two parameters, in three, and so on; in the end any untried
    configuration is a child.

    Args:
        space: What can be tried.
        seed: Fixes everything random, >= 0.
        population_size: How many members the population has, >= 2.
        sample_size: How many members compete to be a parent, >= 1; drawn with
            replacement. None: half of the population.
        removal: Who leaves: `"age"`, the oldest, or `"performance"`, the worst.
        crossover_probability: How often a child has two parents, 0 to 1.
        mutation_width: Standard deviation of a close change of a number, as a fraction
            of its scale, > 0.
        inherit_weights: Whether children begin with the weights of a parent.

    Raises:
        ValueError: If a value is not allowed.

    Reference:
        Real et al., 2019, Regularized Evolution for Image Classifier Architecture
        Search, arXiv 1802.01548, Algorithm 1, and its comparison with the removal of
        the worst ("non-aging evolution").
    """

    def __init__(  # noqa: PLR0913 - options, by name
        self,
        space: SearchSpace,
        seed: int,
        *,
        population_size: int = 20,
        sample_size: int | None = None,
        removal: Removal = "age",
        crossover_probability: float = 0.5,
        mutation_width: float = 0.1,
        inherit_weights: bool = False,
    ) -> None:
        if sample_size is None and isinstance(population_size, int):
            sample_size = population_size // 2
        check_integer("evolution", "population_size", population_size, 2)
        check_integer("evolution", "sample_size", sample_size, 1)
        _check_removal(removal)
        _check_share("crossover_probability", crossover_probability, 0.0)
        _check_share("mutation_width", mutation_width, 1e-6)
        check_flag("evolution", "inherit_weights", inherit_weights)
        self._inherits = inherit_weights
        self._space = space
        self._seed = seed
        self._population_size = population_size
        self._sample_size = sample_size
        self._removal = removal
        self._crossover_probability = crossover_probability
        self._mutation_width = mutation_width
        self._random = Random(space, seed)
        self._tried = Tried(space)

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns untried configurations; `Done` when none is left."""
        members = self._population(history)

        def following(trials: Sequence[Trial], tried: Container[str]) -> Action:
            return self._next(trials, tried, members)

        return self._tried.one_by_one(history, count, following)

    def keeps(self, history: Sequence[Trial]) -> Collection[str]:
        """Returns the ids of the trials whose weights may still be inherited."""
        if not self._inherits:
            return ()
        pending = [t for t in history if t.state is TrialState.PENDING]
        parents = [t.inheritance.parent for t in pending if t.inheritance]
        members = [member.heritage.parent for member in self._population(history)]
        if self._removal == "performance" and any(t.losses for t in history):
            # Of several objectives the weights change, and with them who is the worst.
            members = [t.trial_id for t in history if t.loss is not None]
        return {each for each in (*parents, *members) if each is not None}

    def _next(
        self,
        trials: Sequence[Trial],
        tried: Container[str],
        members: Sequence[_Member],
    ) -> Action:
        if members and _has_alive(trials, self._population_size):
            child = self._child(members, tried, rng(self._seed, len(trials)))
            if child is not None:
                return child
        action = self._random.propose(trials, 1)[0]
        if self._inherits and isinstance(action, Suggest):
            return dataclasses.replace(action, inheritance=Inheritance())
        return action

    def _population(self, trials: Sequence[Trial]) -> list[_Member]:
        """Returns who is left when one leaves for every one that joins."""
        stay: Iterable[Trial] = (t for t in reversed(trials) if t.loss is not None)
        if self._removal == "performance":
            # Of equal losses the older leaves first, so that the population moves.
            stay = sorted(stay, key=operator.attrgetter("loss"))
        return [
            _Member(
                trial.loss or 0.0,
                Inheritance(trial.trial_id if trial.inheritance else None),
                self._space.complete(trial.values),
            )
            for trial in reversed([*itertools.islice(stay, self._population_size)])
        ]

    def _child(
        self,
        members: Sequence[_Member],
        tried: Container[str],
        generator: np.random.Generator,
    ) -> Suggest | None:
        for attempt in range(_CHILDREN_AT_A_DISTANCE * _MAX_DISTANCE):
            parent = self._parent(members, generator)
            child = dict(parent.values)
            if generator.random() < self._crossover_probability:
                second = self._parent(members, generator)
                child = crossover(self._space, child, second.values, generator)
            for _ in range(1 + attempt // _CHILDREN_AT_A_DISTANCE):
                child = mutate(self._space, child, generator, self._mutation_width)
            if self._tried.key(child) not in tried:
                heritage = parent.heritage if self._inherits else None
                return Suggest(child, inheritance=heritage)
        return None

    def _parent(
        self, members: Sequence[_Member], generator: np.random.Generator
    ) -> _Member:
        sample = generator.integers(len(members), size=self._sample_size)
        best: _Member = min((members[index] for index in sample), key=lambda m: m.loss)
        return best


def _has_alive(trials: Sequence[Trial], count: int) -> bool:
    """Returns whether so many trials run or have ended with a score."""
    states = (TrialState.PENDING, TrialState.COMPLETED, TrialState.STOPPED)
    alive = (trial for trial in trials if trial.state in states)
    return len([*itertools.islice(alive, count)]) == count


def _check_share(name: str, value: object, low: float) -> None:
    check_number("evolution", name, value, low, 1.0)


def _check_removal(removal: str) -> None:
    if removal not in _REMOVALS:
        raise ValueError(
            f"The strategy 'evolution' received removal={removal!r}; expected 'age' "
            f"or 'performance'.{suggestion(str(removal), _REMOVALS)}"
        )
