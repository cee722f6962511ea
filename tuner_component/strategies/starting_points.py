"""The user's own configurations before those of a strategy."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space import Parameter, SearchSpace
from tuner_component.spelling import suggestion
from tuner_component.strategies.base import Action, Done, Strategy, Suggest, kept
from tuner_component.strategies.rungs import after
from tuner_component.strategies.tried import Tried
from tuner_component.trial import Trial, Value


class StartingPoints:
    """Puts points in the place of a strategy's first proposals.

    The first trial has the defaults, the points follow in their order. Whatever else
    the strategy says of a proposal, its fidelity for example, holds for the point: the
    first bracket of a Hyperband starts with them.

    Args:
        strategy: What proposes the other trials.
        space: What can be tried.
        points: Configurations of the space, as `completed` returns them.
    """

    def __init__(
        self,
        strategy: Strategy,
        space: SearchSpace,
        points: Sequence[Mapping[str, Value]],
    ) -> None:
        self._strategy = strategy
        self._tried = Tried(space)
        first = [space.defaults(), *points]
        self._points = {space.key(values): dict(values) for values in first}

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns the points that are left, then what the strategy proposes."""
        trials = list(history)
        left = self._left(trials)
        actions: list[Action] = []
        while left and len(actions) < count:
            action = self._strategy.propose(trials, 1)[0]
            if isinstance(action, Done) and not any(t.fidelity for t in trials):
                action = Suggest({})  # A grid need not hold the points.
            if isinstance(action, Suggest):
                action = dataclasses.replace(action, values=left.pop(0))
                trials = after(trials, action)
            actions.append(action)
            if not isinstance(action, Suggest):
                return actions
        if len(actions) == count:
            return actions
        return [*actions, *self._strategy.propose(trials, count - len(actions))]

    def keeps(self, history: Sequence[Trial]) -> Collection[str]:
        """Returns the ids of the trials whose files the strategy still needs."""
        return kept(self._strategy, history)

    def _left(self, trials: Sequence[Trial]) -> list[dict[str, Value]]:
        keys = {self._tried.key(trial.values) for trial in trials}
        return [point for key, point in self._points.items() if key not in keys]


def completed(
    space: SearchSpace, points: Sequence[Mapping[str, object]]
) -> list[dict[str, Value]]:
    """Returns the configurations that points mean: what they leave out is the default.

    Args:
        space: What can be tried.
        points: Hyperparameter name to value, for some of the active ones.

    Raises:
        SearchSpaceError: Names the first point, counted from 1, that has an unknown or
            inactive hyperparameter or a value out of range, that breaks a constraint,
            or that is another one again.
    """
    whole: list[dict[str, Value]] = []
    for number, point in enumerate(points, 1):
        try:
            values = _completed(space, point)
        except SearchSpaceError as error:
            raise SearchSpaceError(
                f"Search(initial_points=...), point {number}, {dict(point)}: {error}"
            ) from None
        if values in whole:
            raise SearchSpaceError(
                f"Search(initial_points=...), point {number}, {dict(point)}: expected "
                f"a point of its own; it is the same as point {whole.index(values) + 1}"
                ". Leave one of them out."
            )
        whole.append(values)
    return whole


def _completed(space: SearchSpace, point: Mapping[str, object]) -> dict[str, Value]:
    known = {parameter.name for parameter in space.parameters}
    for name in point:
        if name not in known:
            raise SearchSpaceError(
                f"Received a value for {name!r}, which is no hyperparameter; expected "
                f"some of {sorted(known)}.{suggestion(name, known)}"
            )

    def choose(parameter: Parameter) -> Value:
        value: Value = parameter.default
        if parameter.name in point:
            given = point[parameter.name]
            own = parameter.canonical(given)
            value = given if own is None else own  # type: ignore[assignment]
        return value

    values = space.build(choose)
    space.check_values({**point, **values})  # type: ignore[dict-item]
    _check_allowed(space, values)
    return values


def _check_allowed(space: SearchSpace, values: Mapping[str, Value]) -> None:
    for constraint in space.constraints:
        if not constraint.holds(values):
            named = {name: values[name] for name in sorted(constraint.names)}
            raise SearchSpaceError(
                f"The constraint {constraint.text!r} does not hold for {named}, where "
                "what the point leaves out is the default. Change or add values."
            )
