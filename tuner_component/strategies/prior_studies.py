"""What earlier searches found, as far as today's search can use it."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

from tuner_component.search_space import Float, Int, Parameter, SearchSpace
from tuner_component.trial import Value


@dataclasses.dataclass(frozen=True)
class PriorTrial:
    """A trial of an earlier study that ended with a score.

    Attributes:
        values: Hyperparameter name to value.
        loss: Its objective as a loss: lower is better. Finite.
        resource: The amount of training it got, in the unit of its study; None: all.
    """

    values: Mapping[str, Value]
    loss: float
    resource: float | None = None


@dataclasses.dataclass(frozen=True)
class PriorStudy:
    """An earlier study. Losses of different studies cannot be compared.

    Attributes:
        name: Where it was found.
        trials: Those that ended with a score.
    """

    name: str
    trials: tuple[PriorTrial, ...]

    def within(self, space: SearchSpace) -> PriorStudy:
        """Returns the study as if it had searched `space`.

        Unknown hyperparameters are left out, missing ones have their defaults,
        numbers between two steps become the nearer; trials with values beyond the
        space are left out.
        """
        moved = ((trial, translated(space, trial.values)) for trial in self.trials)
        return dataclasses.replace(
            self,
            trials=tuple(
                dataclasses.replace(trial, values=values)
                for trial, values in moved
                if values is not None
            ),
        )

    def by_resource(self) -> list[PriorStudy]:
        """Returns its trials apart by the amount of training, the fullest first."""

        def amount(trial: PriorTrial) -> float:
            return float("-inf") if trial.resource is None else -trial.resource

        ordered = sorted(self.trials, key=amount)
        groups = itertools.groupby(ordered, key=amount)
        return [dataclasses.replace(self, trials=tuple(group)) for _, group in groups]


def translated(
    space: SearchSpace, values: Mapping[str, Value]
) -> dict[str, Value] | None:
    """Returns the configuration of `space` that a trial tried; None: it has none."""
    own = {
        parameter.name: _own(parameter, values[parameter.name])
        for parameter in space.active(values)
        if parameter.name in values
    }
    known = {name: value for name, value in own.items() if value is not None}
    if not own or len(known) < len(own):
        return None
    complete = space.complete(known)
    return complete if space.allows(complete) else None


def best_configurations(
    studies: Sequence[PriorStudy], space: SearchSpace, count: int
) -> list[dict[str, Value]]:
    """Returns the best distinct configurations: each study's best, then the seconds.

    Within a study, those that were trained most come first.

    Args:
        studies: The more important first.
        space: What can be tried today.
        count: How many at most.
    """
    ranked = [
        [
            dict(trial.values)
            for group in study.within(space).by_resource()
            for trial in sorted(group.trials, key=lambda trial: trial.loss)
        ]
        for study in studies
    ]
    found: dict[str, dict[str, Value]] = {}
    for row in itertools.zip_longest(*ranked):
        for values in row:
            if values is not None and len(found) < count:
                found.setdefault(space.key(values), values)
    return list(found.values())


def _own(parameter: Parameter, value: Value) -> Value | None:
    exact = parameter.canonical(value)
    if exact is not None or not isinstance(parameter, Float | Int):
        return exact
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not parameter.low <= value <= parameter.high:
        return None
    return parameter.nearest(value)
