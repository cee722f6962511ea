"""What the history says of trials at a rung."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence

from tuner_component.strategies.base import Action, Promote, Suggest
from tuner_component.strategies.rung_options import EPOCHS
from tuner_component.strategies.tried import extended
from tuner_component.trial import Trial, TrialState


def has_entered(trial: Trial, resource: float) -> bool:
    """Returns whether the trial has got this much, or gets it now."""
    return trial.fidelity is not None and trial.fidelity.value >= resource


def spent(trial: Trial) -> float:
    """Returns what a trial got of its resource.

    Of epochs it goes on from rung to rung; with anything else it begins anew.
    """
    if trial.fidelity is None:
        return 0.0
    last = trial.fidelity.value
    if trial.fidelity.kind == EPOCHS:
        return last
    return sum({last, *(result.resource for result in trial.rungs)})


def loss_at(trial: Trial, resource: float) -> float | None:
    """Returns the loss with which a trial ended at a rung.

    Infinite if it failed on the way there; None if it did not end there, or not yet.
    """
    for result in trial.rungs:
        if result.resource == resource:
            return result.loss
    failed = trial.state is TrialState.FAILED and has_entered(trial, resource)
    return math.inf if failed else None


def ended_at(trials: Iterable[Trial], resource: float) -> list[tuple[float, Trial]]:
    """Returns the losses and trials that ended at a rung, best first.

    Of equal losses the earlier trial is the better one.
    """
    losses = ((loss_at(trial, resource), trial) for trial in trials)
    ended = [(loss, trial) for loss, trial in losses if loss is not None]
    return sorted(ended, key=lambda pair: (pair[0], pair[1].number))


def can_go_on(trial: Trial, resource: float) -> bool:
    """Returns whether the trial is paused, and `resource` is more than it has got."""
    return trial.state is TrialState.PAUSED and not has_entered(trial, resource)


def one_by_one(
    history: Sequence[Trial],
    count: int,
    following: Callable[[Sequence[Trial]], Action],
) -> list[Action]:
    """Returns up to `count` actions, each as if those before it were running.

    Args:
        history: All trials so far.
        count: At least 1.
        following: Returns the next action. It is asked no more after a `Wait` or
            `Done`.
    """
    trials = list(history)
    actions: list[Action] = []
    while len(actions) < count:
        action = following(trials)
        actions.append(action)
        if not isinstance(action, Suggest | Promote):
            break
        trials = after(trials, action)
    return actions


def after(trials: Sequence[Trial], action: Action) -> list[Trial]:
    """Returns the trials as they are once an evaluation was started."""
    if isinstance(action, Promote):
        return [
            dataclasses.replace(
                trial,
                state=TrialState.PENDING,
                fidelity=action.fidelity,
                score=None,
                loss=None,
            )
            if trial.trial_id == action.trial_id
            else trial
            for trial in trials
        ]
    if not isinstance(action, Suggest):
        return list(trials)
    return [*trials, extended(trials, action)]
