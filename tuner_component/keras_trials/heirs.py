"""What a trial leaves to those that inherit from it, and what they begin with."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from typing import Any

from tuner_component import model_state
from tuner_component.evaluation import Job
from tuner_component.keras_trials import training_state
from tuner_component.keras_trials.training_state import TrainingState
from tuner_component.nas import weights

_logger = logging.getLogger(__name__)


def leave(job: Job, watch: Any) -> None:
    """Leaves the weights and the optimiser of a training's best epoch.

    Nothing, where the job leaves none; what a job with a fidelity goes on with is no
    other state.

    Args:
        job: Whose training it was.
        watch: What `epoch_watch.make_watch` returned.
    """
    if job.inheritance is None or job.fidelity is not None:
        return
    arrays = {model_state.MODEL: watch.weights}
    if watch.optimizer is not None:
        arrays[model_state.OPTIMIZER] = watch.optimizer
    epoch = int(watch.best.resource)
    state = TrainingState(job.values, job.seed, epoch, watch.best.metrics)
    training_state.write(job, dataclasses.replace(state, arrays=arrays))


def parent_of(job: Job, make: Callable[[Mapping[str, Any]], Any]) -> Any:
    """Returns the trained model of a job's parent; None if there is none.

    One whose files are lost is logged, and the trial begins with new weights.

    Args:
        job: Whose parent it is.
        make: Hyperparameters -> built model.
    """
    if job.inheritance is None or job.inheritance.parent is None:
        return None
    state = training_state.left_in(job.parent_folder)
    if state is not None and state.arrays:
        model = make(state.values)
        if model_state.put_training(model, state.arrays):
            return model
        if model_state.put(model, state.arrays.get(model_state.MODEL, ())):
            return model
    _logger.warning(
        "Trial %s cannot inherit from trial %s: %s holds no weights that fit.",
        job.trial_id,
        job.inheritance.parent,
        job.parent_folder,
    )
    return None


def begin(job: Job, parent: Any, model: Any) -> dict[str, Any]:
    """Gives a trial's model the weights of its parent, as far as they fit.

    Returns:
        For the trial's report: `inherited`, with the parent's `trial_id`, how many
        `layers` became what, and whether the model `keeps_function` of its parent's.
        Nothing, if the trial has no parent.
    """
    if job.inheritance is None or job.inheritance.parent is None:
        return {}
    told: dict[str, Any] = {"trial_id": job.inheritance.parent, "layers": {}}
    if parent is not None:
        done = weights.transfer(parent, model, job.seed)
        told |= {"layers": dict(done.counts), "keeps_function": not done.why_not}
    return {"inherited": told}
