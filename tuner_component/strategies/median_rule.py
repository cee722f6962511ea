"""Median rule: who is worse than half of the others stops."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.search_space import SearchSpace
from tuner_component.strategies import proposing, rung_options, rungs
from tuner_component.strategies.asynchronous import Asynchronous, Ladder
from tuner_component.strategies.base import Action
from tuner_component.strategies.options import check_integer
from tuner_component.trial import Trial, TrialState

_NUM_CHECKPOINTS = 10
_TOLERANCE = 1e-9


class MedianRule:
    """Pauses trials at checkpoints; they go on while they are no worse than the median.

    At a checkpoint the best loss of a trial until then is compared with those of the
    other trials that got there. A paused trial goes on after all if later ones lower
    the bar.

    Args:
        space: What can be tried.
        seed: Fixes everything random, >= 0.
        min_resource: The grace period: where the first checkpoint is. None: at the
            first interval.
        max_resource: The full training, >= `min_resource`.
        interval: From one checkpoint to the next. None: a tenth of `max_resource`.
        min_trials: How many others must have got to a checkpoint before anyone
            stops there, >= 1.
        resource: The kind of fidelity: `"epochs"`, `"examples_fraction"`, or one of
            the model's own. Of epochs and other whole numbers all three are
            integers, >= 1; of shares numbers above 0, at most 1.
        max_trials: Configurations at most, >= 1; None for no limit.
        proposals: The strategy that chooses the configurations.
        random_share: How many are random where that strategy learns, 0 to 1.
            None: one in ten.

    Raises:
        ValueError: If an option is out of its range.

    Attributes:
        num_configurations: How many will start; None without an end.
        num_rungs: How often one may stop, the end included.

    Reference:
        Golovin et al., 2017, Google Vizier: A Service for Black-Box Optimization,
        section 3.2.2; there the others' running averages are compared.
    """

    def __init__(  # noqa: PLR0913 - one argument an option
        self,
        space: SearchSpace,
        seed: int,
        *,
        min_resource: float | None = None,
        max_resource: float = 81,
        interval: float | None = None,
        min_trials: int = 3,
        resource: str = "epochs",
        max_trials: int | None = None,
        proposals: str = "random",
        random_share: float | None = None,
    ) -> None:
        name = "median_rule"
        check_integer(name, "min_trials", min_trials, 1)
        rung_options.check_limit(name, "max_trials", max_trials)
        rung_options.check_amount(
            *(name, "max_resource", max_resource, resource, max_resource)
        )
        if interval is None:
            interval = max_resource / _NUM_CHECKPOINTS
            if not rung_options.is_share(resource, max_resource):
                interval = max(round(interval), 1)
        rung_options.check_amount(name, "interval", interval, resource, max_resource)
        first = min(interval, max_resource) if min_resource is None else min_resource
        rung_options.check(name, first, max_resource, resource=resource)
        self._min_trials = min_trials
        self.num_configurations = proposing.num_configurations(space, max_trials)
        steps = _steps(first, max_resource, interval)
        self.num_rungs = len(steps)
        self._schedule = Asynchronous(
            Ladder(resource, steps),
            self._deserving,
            proposing.create(name, proposals, space, seed, random_share),
            self.num_configurations,
        )

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns promotions and new configurations."""
        return self._schedule.propose(history, count)

    def keeps(self, history: Sequence[Trial]) -> Collection[str]:
        """Returns the ids of all paused trials: the median may come to them."""
        return [t.trial_id for t in history if t.state is TrialState.PAUSED]

    def _deserving(
        self, members: Sequence[Trial], here: float, above: float
    ) -> Sequence[Trial]:
        ended = rungs.ended_at(members, here)
        losses = np.array([loss for loss, _ in ended])
        return [
            trial
            for place, (loss, trial) in enumerate(ended)
            if rungs.can_go_on(trial, above)
            and (
                len(ended) <= self._min_trials
                or loss <= _median(np.delete(losses, place))
            )
        ]


def _steps(first: float, last: float, interval: float) -> list[float]:
    """Returns the checkpoints and the end."""
    num_before = math.ceil((last - first) / interval - _TOLERANCE)
    return [*(first + number * interval for number in range(num_before)), last]


def _median(losses: npt.NDArray[np.float64]) -> float:
    """Returns the median; of two in the middle the worse, as one may be infinite."""
    return float(np.sort(losses)[len(losses) // 2])
