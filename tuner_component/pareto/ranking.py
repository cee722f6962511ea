"""The order of trials: which is the best, and which are beaten by no other."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.pareto.dominance import distances, non_dominated
from tuner_component.pareto.hypervolume import growth
from tuner_component.trial import REPEAT_OF, Objective, Trial, TrialState


def ranked(
    trials: Sequence[Trial], objectives: Sequence[Objective] = ()
) -> list[Trial]:
    """Returns the trials with a score, best first; of equals the earlier one first.

    A trial with more training is ahead of every one with less: a score at a low
    fidelity is no promise for the full training. With several objectives the trials
    that none of their equals in training dominates come first, and of those the one
    nearest to the best value of every objective: the compromise.

    With one objective, trials that were run again with other seeds come first, by the
    mean of all their runs; their repeats come last.

    Args:
        trials: In the order of their numbers.
        objectives: All of the study, with their weights; one or none: by loss.
    """
    scored = sorted((t for t in trials if t.loss is not None), key=_rank)
    if len(objectives) < 2:
        return _by_mean(scored)
    weights = np.array([objective.weight for objective in objectives])
    groups = itertools.groupby(scored, key=_training)
    return [t for _, group in groups for t in _by_distance(list(group), weights)]


def pareto_set(trials: Sequence[Trial]) -> list[Trial]:
    """Returns the trials that no other dominates, in the order of their numbers.

    Only those with the most training are compared. Empty for a study with a single
    objective.
    """
    scored = [t for t in trials if t.losses]
    most = min(map(_training, scored), default=None)
    equals = [t for t in scored if _training(t) == most]
    if not equals:
        return []
    kept = non_dominated(_losses(equals))
    return [trial for trial, keep in zip(equals, kept, strict=True) if keep]


def hypervolumes(trials: Sequence[Trial]) -> list[float]:
    """Returns the hypervolume after each trial that completed, in their order.

    It is a share of the box from the best value of every objective to the reference
    point of all of them: 0 to 1, and never falls.
    """
    completed = [t for t in trials if t.losses and t.state is TrialState.COMPLETED]
    return list(_growth(tuple(t.losses for t in completed))) if completed else []


@functools.lru_cache(maxsize=1)
def _growth(losses: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    """Of many trials it takes a second; the report and the record need it."""
    return tuple(growth(np.array(losses)))


def _by_mean(scored: Sequence[Trial]) -> list[Trial]:
    runs: dict[object, list[float]] = {}
    for trial in scored:
        of = trial.note.get(REPEAT_OF)
        if of is not None and trial.loss is not None:
            runs.setdefault(of, []).append(trial.loss)

    def place(trial: Trial) -> tuple[int, float]:
        if REPEAT_OF in trial.note:
            return (2, 0.0)
        if trial.trial_id not in runs or trial.loss is None:
            return (1, 0.0)
        return (0, float(np.mean([trial.loss, *runs[trial.trial_id]])))

    return sorted(scored, key=place)


def _by_distance(
    trials: Sequence[Trial], weights: npt.NDArray[np.float64]
) -> list[Trial]:
    losses = _losses(trials)
    away, leads = distances(losses, weights), non_dominated(losses)
    numbers = np.array([trial.number for trial in trials])
    return [trials[index] for index in np.lexsort((numbers, away, ~leads))]


def _losses(trials: Sequence[Trial]) -> npt.NDArray[np.float64]:
    return np.array([trial.losses for trial in trials])


def _training(trial: Trial) -> tuple[bool, float]:
    """Sorts trials with more training to the front."""
    resource = trial.rungs[-1].resource if trial.rungs else 0.0
    paused = trial.state is TrialState.PAUSED
    return (paused, -resource if paused else 0.0)


def _rank(trial: Trial) -> tuple[tuple[bool, float], float, int]:
    loss = float("inf") if trial.loss is None else trial.loss
    return (_training(trial), loss, trial.number)
