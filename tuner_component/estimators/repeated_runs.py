"""What several runs of a configuration say: mean, standard error, and a comparison."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tuner_component.estimators.student import student_cdf
from tuner_component.trial import (
    ON_TEST_SPLIT,
    REPEAT_OF,
    Objective,
    Trial,
    is_finite,
)


@dataclasses.dataclass(frozen=True)
class Runs:
    """The losses of a configuration's runs, summed up.

    Attributes:
        trial_id: The first run.
        mean: Of the losses.
        standard_error: Of the mean; 0 for a single run.
        num_runs: How many there were.
    """

    trial_id: str
    mean: float
    standard_error: float
    num_runs: int


def summed_up(trials: Sequence[Trial], trial_id: str) -> Runs | None:
    """Returns the runs of a trial and of its repeats; None if none has a loss."""
    runs = (t for t in trials if trial_id in (t.trial_id, t.note.get(REPEAT_OF)))
    return _of(trial_id, [trial.loss for trial in runs if trial.loss is not None])


def on_test_split(
    trials: Sequence[Trial], trial_id: str, objective: Objective
) -> Runs | None:
    """Returns what the repeats of a trial come to on the split that decides nothing.

    Args:
        trials: All trials.
        trial_id: The trial; its own run is not scored there.
        objective: That of the search; its losses there are summed up.

    Returns:
        The runs; None if none was scored there.
    """
    name = f"test_{objective.name.removeprefix('val_')}"
    repeats = (t for t in trials if t.note.get(REPEAT_OF) == trial_id)
    scores = (t.report.get(ON_TEST_SPLIT, {}).get(name) for t in repeats)
    return _of(
        trial_id, [objective.loss(score) for score in scores if is_finite(score)]
    )


def _of(trial_id: str, losses: Sequence[float]) -> Runs | None:
    if not losses:
        return None
    error = np.std(losses, ddof=1) / np.sqrt(len(losses)) if len(losses) > 1 else 0.0
    return Runs(trial_id, float(np.mean(losses)), float(error), len(losses))


def chance_of_luck(better: Runs, worse: Runs) -> float:
    """Returns how probable such a difference is if both are equally good.

    One-sided; 0.5 where one of them ran once, and nothing can be said.

    Reference:
        Welch, 1947, The Generalization of Student's Problem, Biometrika 34.
    """
    if min(better.num_runs, worse.num_runs) < 2:
        return 0.5
    variances = better.standard_error**2, worse.standard_error**2
    if not sum(variances):
        return 0.0 if better.mean < worse.mean else 0.5
    parts = zip(variances, (better.num_runs, worse.num_runs), strict=True)
    freedom = sum(variances) ** 2 / sum(v**2 / (n - 1) for v, n in parts)
    value = (better.mean - worse.mean) / np.sqrt(sum(variances))
    return float(student_cdf(np.array([value]), max(int(freedom), 1))[0])
