"""The callback that records a training, and continues one that was paused."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import model_state
from tuner_component.curve_stopping import CurveStopping
from tuner_component.evaluation import Job, Report
from tuner_component.keras_trials.training_state import TrainingState
from tuner_component.trial import Measurement, Objective

_BEST = "best"
"""The name of the best epoch's arrays in a state; without it the last is the best."""


def make_watch(
    model: Any,
    job: Job,
    report: Report,
    earlier: TrainingState | None,
    callbacks: Sequence[Any],
    last_epoch: int | None,
    stopping: CurveStopping,
) -> Any:
    """Returns a Keras callback that records the curve and the best epoch's weights.

    It must be the last of the callbacks. Its attributes: `weights_of` (copies the
    model's variables; may be replaced), `measurements` (the whole curve), `best` (a
    `Measurement`, or None), `weights` (arrays of the best epoch, or None), `optimizer`
    (the same of its optimiser if later trials may inherit), `arrays` and
    `callback_states` (of the last epoch, for a `TrainingState`), `stopped`, `hopeless`
    (why the stopping rule ended it, or "").

    Args:
        model: What is trained.
        job: Whose training it is.
        report: Called with every new measurement.
        earlier: What it goes on from; its weights are in the model already.
        callbacks: The other callbacks; theirs is the state that is put back and kept.
        last_epoch: The epoch after which the state is to be kept, or None.
        stopping: Ends the training when it cannot become the best.
    """
    objective = Objective(job.objective, "min" if job.direction == "min" else "max")
    inherits = job.inheritance is not None
    started = time.monotonic() - (earlier.seconds if earlier else 0.0)

    class Watch(model_state.keras_of(model).callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.measurements = list(earlier.measurements) if earlier else []
            self.best = best_of(self.measurements, objective)
            self.weights = best_weights(earlier) if earlier else None
            self.optimizer: list[Any] | None = None
            self.arrays: dict[str, list[Any]] = {}
            self.callback_states: tuple[Any, ...] = ()
            self.stopped = False
            self.weights_of = model_state.of_model
            self.hopeless = ""

        def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
            if earlier:
                arrays = earlier.arrays.get(model_state.CALLBACKS, ())
                model_state.put_callbacks(callbacks, earlier.callbacks, arrays)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            metrics = _numbers(logs or {})
            measurement = Measurement(epoch + 1, metrics, time.monotonic() - started)
            self.measurements.append(measurement)
            report(measurement)
            best = best_of([self.best, measurement], objective)
            if best is measurement:
                self.best, self.weights = best, self.weights_of(self.model)
                self.optimizer = _optimizer(self.model) if inherits else None
            self.hopeless = stopping.stop(self.model, self.measurements)
            self.stopped = bool(self.model.stop_training)
            if last_epoch is not None and (self.stopped or epoch + 1 == last_epoch):
                self._keep()

        def _keep(self) -> None:
            self.arrays = model_state.of_training(self.model)
            if not self.arrays:
                return
            self.callback_states, arrays = model_state.of_callbacks(callbacks)
            self.arrays[model_state.CALLBACKS] = arrays
            if self.best is not self.measurements[-1]:
                self.arrays[_BEST] = list(self.weights or ())

    return Watch()


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    """Returns what is one number of the logs, to which callbacks may have added."""
    found = {}
    for name, value in logs.items():
        with contextlib.suppress(TypeError, ValueError):
            found[name] = float(value)
    return found


def _optimizer(model: Any) -> list[Any] | None:
    return model_state.of_training(model).get(model_state.OPTIMIZER)


def best_of(
    measurements: Sequence[Measurement | None], objective: Objective
) -> Measurement | None:
    """Returns the first of those with the best finite objective; None if none has."""
    scored = [m for m in measurements if m and math.isfinite(_score(m, objective))]
    return min(scored, key=lambda m: objective.loss(_score(m, objective)), default=None)


def _score(measurement: Measurement, objective: Objective) -> float:
    return measurement.metrics.get(objective.name, math.nan)


def best_weights(state: TrainingState) -> Sequence[Any]:
    """Returns the model's arrays at the best epoch of a state that has arrays."""
    return state.arrays.get(_BEST) or state.arrays[model_state.MODEL]
