"""What a training has come to: its metrics, and the files that it leaves."""

from __future__ import annotations

import math
from typing import Any

from tuner_component import model_state
from tuner_component.errors import TrialFailedError
from tuner_component.evaluation import Evaluation, Job
from tuner_component.keras_trials import (
    fidelities,
    heirs,
    training_state,
    weights_file,
)
from tuner_component.keras_trials.training_state import TrainingState


def best_metrics(watch: Any, job: Job) -> dict[str, float]:
    """Returns the metrics of the best epoch, or the last ones where none is best.

    Args:
        watch: What `epoch_watch.make_watch` returned.
        job: Whose training it was.

    Raises:
        TrialFailedError: If no epoch was trained.
    """
    if not watch.measurements:
        raise TrialFailedError(
            "The training ended without a single epoch; expected epochs above an "
            "initial_epoch, and no callback that stops before the first has ended."
        )
    # Not every epoch ends with a validation.
    all_metrics = [measurement.metrics for measurement in watch.measurements]
    scored = [metrics for metrics in all_metrics if job.objective in metrics]
    last = (scored or all_metrics)[-1]
    if watch.best is None or not math.isfinite(last.get(job.objective, math.nan)):
        return dict(last)
    return dict(watch.best.metrics)


def leave(model: Any, job: Job, watch: Any, evaluation: Evaluation) -> None:
    """Leaves the best weights; those of a paused trial are in its training state.

    Args:
        model: Trained; its weights are changed to the best.
        job: Whose training it was.
        watch: What `epoch_watch.make_watch` returned.
        evaluation: The training's.
    """
    if watch.best is None or watch.weights is None:
        return
    has_ended = fidelities.is_full(job) or bool(watch.hopeless)
    if (has_ended or not watch.arrays) and job.needs_weights(evaluation.metrics):
        model_state.put(model, watch.weights)
        weights_file.save(model, job.folder)
    heirs.leave(job, watch)
    if job.fidelity is not None and watch.best.metrics == evaluation.metrics:
        state = _state(job, watch, evaluation, has_ended=has_ended)
        training_state.write(job, state)


def _state(
    job: Job, watch: Any, evaluation: Evaluation, *, has_ended: bool
) -> TrainingState:
    return TrainingState(
        values=job.values,
        seed=job.seed,
        epoch=int(watch.measurements[-1].resource),
        metrics=evaluation.metrics,
        stopped=watch.stopped,
        measurements=evaluation.measurements,
        report=evaluation.report,
        callbacks=() if has_ended else watch.callback_states,
        hopeless=watch.hopeless,
        arrays={} if has_ended else watch.arrays,
    )
