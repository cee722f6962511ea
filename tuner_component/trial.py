"""Trials: what was tried, at which cost, with which result."""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Mapping
from typing import Any, Literal

Value = str | int | float | bool
"""A hyperparameter's value."""

REPEAT_OF = "repeat_of"
"""In a trial's note: the id of the trial that it runs again, with another seed."""

ON_TEST_SPLIT = "test"
"""In a trial's report: its metrics on the examples that the search does not use."""


class TrialState(str, enum.Enum):
    """Where a trial is in its life."""

    PENDING = "PENDING"
    """Proposed and journalled; runs now, or will when a worker is free."""
    PAUSED = "PAUSED"
    """Has a finite objective at less than the full training; can go on from there."""
    COMPLETED = "COMPLETED"
    """Ended its full training with a finite objective."""
    STOPPED = "STOPPED"
    """Given up before the end of its training, with a finite objective; is final."""
    FAILED = "FAILED"
    """Ended without a usable objective; `Trial.error` says why."""
    INFEASIBLE = "INFEASIBLE"
    """Not a valid configuration; replaced by another, not counted."""

    @property
    def is_final(self) -> bool:
        """Whether the trial will not run again."""
        return self not in (TrialState.PENDING, TrialState.PAUSED)

    @property
    def has_score(self) -> bool:
        """Whether a trial in it has an objective."""
        return self in (TrialState.COMPLETED, TrialState.PAUSED, TrialState.STOPPED)


class Reason(str, enum.Enum):
    """Why an evaluation has no score; decides whether it is retried."""

    USER_ERROR = "user_error"
    """The user's code raised. Not retried."""
    NON_FINITE = "non_finite"
    """The objective is NaN or infinite. Not retried."""
    TIMEOUT = "timeout"
    """Longer than `Search.max_trial_seconds`. Not retried."""
    OUT_OF_MEMORY = "out_of_memory"
    """More than `Search.max_trial_bytes`. Not retried."""
    INFRASTRUCTURE = "infrastructure"
    """The worker died, its disk is full or fails, or the code raised
    `TransientTrialError`. Retried."""
    INFEASIBLE = "infeasible"
    """The code raised `InfeasibleTrialError`: resampled."""


@dataclasses.dataclass(frozen=True)
class Objective:
    """The metric that decides, and its direction.

    Attributes:
        name: Name of a metric as the training reports it, `val_accuracy` say.
        direction: `"min"` or `"max"`.
        weight: Where there are several: how much it counts when the compromise is
            chosen, > 0. Has no part in the search.
    """

    name: str
    direction: Literal["min", "max"]
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not is_finite(self.weight) or self.weight <= 0:
            raise ValueError(
                f"Objective {self.name!r} has weight={self.weight!r}; expected a "
                "finite number above 0."
            )
        if self.direction not in ("min", "max"):
            raise ValueError(
                f"Objective {self.name!r} has direction={self.direction!r}; "
                'expected "min" or "max".'
            )

    def loss(self, score: float) -> float:
        """Returns `score` as a loss: lower is better, whatever the direction."""
        return score if self.direction == "min" else -score


@dataclasses.dataclass(frozen=True)
class Fidelity:
    """How much of the full training an evaluation gets.

    Attributes:
        kind: What is spent, the resource: `"epochs"`, `"examples_fraction"`, ...
        value: The amount in all, in the unit that `kind` implies; > 0. What the
            trial spent before counts.
        most: The amount of the full training; None: `value` is all of it.
    """

    kind: str
    value: float
    most: float | None = None

    @property
    def is_full(self) -> bool:
        """Whether the trial has completed when it has got this much."""
        return self.most is None or self.value >= self.most


@dataclasses.dataclass(frozen=True)
class Inheritance:
    """That a trial leaves its weights to later ones, and may begin with another's.

    Attributes:
        parent: The id of the trial whose weights it begins with; None: of nobody.
    """

    parent: str | None = None


@dataclasses.dataclass(frozen=True)
class StoppingRule:
    """When a training is given up: what it must still promise.

    Attributes:
        loss_to_beat: The incumbent's, when the training was dispatched.
        least_chance: Of ending below that loss; with less the training stops.
    """

    loss_to_beat: float
    least_chance: float


@dataclasses.dataclass(frozen=True)
class Measurement:
    """Metrics after some training.

    Attributes:
        resource: Amount spent so far, usually epochs; 1 is the first.
        metrics: Metric name to value.
        seconds: Since the start of the evaluation.
    """

    resource: float
    metrics: Mapping[str, float]
    seconds: float = 0.0


@dataclasses.dataclass(frozen=True)
class RungResult:
    """What a trial had reached when it ended at a fidelity.

    Attributes:
        resource: The fidelity's `value`.
        loss: The best objective until then, as a loss.
        duration_seconds: Length of the evaluation that led there.
        losses: Every objective at that point, as a loss; empty if there is only one.
    """

    resource: float
    loss: float
    duration_seconds: float = 0.0
    losses: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class TrialError:
    """What went wrong in a trial.

    Attributes:
        reason: The class of the failure.
        message: One line.
        traceback: The user's traceback or the tail of the worker's log.
    """

    reason: Reason
    message: str
    traceback: str = ""

    @property
    def is_infrastructure(self) -> bool:
        """Whether it says nothing about the trial, only about its worker."""
        return self.reason is Reason.INFRASTRUCTURE


@dataclasses.dataclass(frozen=True)
class Trial:
    """One configuration over its whole life.

    Attributes:
        trial_id: Unique in the study, also the name of the trial's folder.
        number: Position in the order of proposals, from 0.
        values: Hyperparameter name to value; active ones only.
        seed: Seeds everything random in the trial; the same in every attempt.
        state: Where the trial is in its life.
        fidelity: How much training it has got, or gets now while it is PENDING; None
            is all of it.
        stopping: When its training is given up; None: never.
        score: The objective, the first of several, in the user's direction; None
            unless COMPLETED, PAUSED or STOPPED.
        loss: The objective as a loss (lower is better); None where `score` is.
        losses: Every objective as a loss; empty where `loss` is None, and if there is
            only one objective.
        metrics: All metrics at the best measurement.
        measurements: The learning curve, oldest first.
        rungs: What it had reached at each fidelity that it ended with a score, the
            lowest first; empty where its `fidelity` is None.
        stopped: Why it was given up, for people; empty unless STOPPED.
        error: Why it has no score; None unless FAILED or INFEASIBLE.
        num_attempts: Attempts that ended.
        started_at: Unix time in seconds of the last attempt's start, or None.
        duration_seconds: Length of the last attempt.
        worker: Which worker ran the last attempt.
        inheritance: Whose weights it begins with; None where no trial leaves any.
        note: The strategy's own JSON, journalled with the proposal.
        report: The evaluator's own JSON, journalled with the outcome.
    """

    trial_id: str
    number: int
    values: Mapping[str, Value]
    seed: int
    state: TrialState = TrialState.PENDING
    fidelity: Fidelity | None = None
    stopping: StoppingRule | None = None
    score: float | None = None
    loss: float | None = None
    losses: tuple[float, ...] = ()
    metrics: Mapping[str, float] = dataclasses.field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()
    rungs: tuple[RungResult, ...] = ()
    stopped: str = ""
    error: TrialError | None = None
    num_attempts: int = 0
    started_at: float | None = None
    duration_seconds: float = 0.0
    worker: str = ""
    inheritance: Inheritance | None = None
    note: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    report: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def used_values(self) -> Mapping[str, Value]:
        """The proposed values and those that the model code asked for beyond."""
        used = self.report.get("hyperparameters", {}).get("values", {})
        return {**self.values, **used}


def is_finite(value: object) -> bool:
    """Returns whether `value` is a real, finite number."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )
