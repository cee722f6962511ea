"""Gives a tuner's training the epochs of a rung, and continues what was paused."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuner_component import model_state
from tuner_component.errors import TrialFailedError
from tuner_component.evaluation import Evaluation, Job
from tuner_component.keras_trials import training_state
from tuner_component.keras_trials.training_state import TrainingState
from tuner_component.trial import Measurement


def why_not(tuner: Any, space: Mapping[str, Any]) -> str:
    """Returns why a strategy cannot say how many epochs a tuner trains; "" if it can.

    Args:
        tuner: A KerasTuner tuner.
        space: Its space as `HyperParameters.get_config()`.
    """
    names = {entry["config"]["name"] for entry in space["space"]}
    if "epochs" in names:
        return "the hyperparameter 'epochs' says them too; remove it"
    if getattr(tuner, "hypermodel", None) is None or not hasattr(tuner, "_try_build"):
        return (
            f"{type(tuner).__name__} trains without a hypermodel whose epochs could be "
            "set; give it one that builds Keras models"
        )
    return ""


class RungTraining:
    """The `fit` of one trial's model, as a rung wants it.

    `fit` gets the rung's epochs, whatever else it is given, and begins where the trial
    was paused: with its weights, the state of its optimiser, random seeds and
    callbacks. A dataset is moved on by as many passes; arrays that Keras shuffles
    itself are seen in the order of the first epochs again. A tuner that trains a trial
    more than once (`executions_per_trial`) begins every rung anew.

    Args:
        tuner: The trial's own tuner; it is changed.
        job: The trial.
    """

    def __init__(self, tuner: Any, job: Job) -> None:
        self._tuner, self._job = tuner, job
        self._epochs = training_state.epochs_of(job)
        self._earlier = training_state.read(job) if self._can_continue() else None
        self._num_fits = 0
        self._continues: TrainingState | None = None
        self._kept: dict[str, Any] = {}
        if self._epochs is not None and tuner.hypermodel is not None:
            tuner.hypermodel.build = self._building(tuner.hypermodel.build)

    @property
    def ended(self) -> Evaluation | None:
        """The evaluation, if an earlier attempt has left nothing to train."""
        earlier, epochs = self._earlier, self._epochs
        if earlier is None or epochs is None or not earlier.is_enough_for(epochs):
            return None
        return earlier.evaluation

    def finished(self, evaluation: Evaluation) -> Evaluation:
        """Returns the evaluation over all rungs, and keeps what the next one needs.

        Raises:
            TrialFailedError: If the tuner never called `fit`.
        """
        if self._epochs is None:
            return evaluation
        if not self._num_fits:
            raise TrialFailedError(
                f"The strategy gives every trial its epochs, but "
                f"{type(self._tuner).__name__} never called fit() of the model that "
                "its hypermodel built. Call it, or use a strategy without rungs."
            )
        whole = self._with_earlier(evaluation)
        if self._num_fits == 1 and self._kept:
            training_state.write(self._job, self._state(whole))
        return whole

    def continued(self, measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
        """Returns the curve over all rungs, for that of this one."""
        earlier = self._continues
        if earlier is None:
            return tuple(measurements)
        later = (
            dataclasses.replace(m, seconds=m.seconds + earlier.seconds)
            for m in measurements
        )
        return (*earlier.measurements, *later)

    def _can_continue(self) -> bool:
        if self._epochs is None or getattr(self._tuner, "executions_per_trial", 1) > 1:
            return False
        import tensorflow as tf

        return bool(tf.io.gfile.glob(f"{self._job.folder}/checkpoint*"))

    def _building(self, build: Callable[..., Any]) -> Callable[..., Any]:
        def built(*args: Any, **kwargs: Any) -> Any:
            model = build(*args, **kwargs)
            if hasattr(model, "fit"):
                model.fit = self._fitting(model, model.fit)
            return model

        return built

    def _fitting(self, model: Any, fit: Callable[..., Any]) -> Callable[..., Any]:
        def fitted(*args: Any, **kwargs: Any) -> Any:
            given = inspect.signature(fit).bind(*args, **kwargs).arguments
            given |= given.pop("kwargs", {})
            self._num_fits += 1
            self._continues = self._put(model)
            first = self._continues.epoch if self._continues else 0
            callbacks = list(given.get("callbacks") or ())
            given["callbacks"] = [*callbacks, self._keeper(model, callbacks)]
            given["epochs"], given["initial_epoch"] = self._epochs, first
            if hasattr(given.get("x"), "element_spec"):
                for _ in range(first):
                    next(iter(given["x"]), None)
            return fit(**given)

        return fitted

    def _put(self, model: Any) -> TrainingState | None:
        earlier = self._earlier
        if earlier is None or self._num_fits > 1 or not model.built:
            return None
        return earlier if model_state.put_training(model, earlier.arrays) else None

    def _keeper(self, model: Any, callbacks: Sequence[Any]) -> Any:
        continues, epochs, kept = self._continues, self._epochs, self._kept

        class Keeper(model_state.keras_of(model).callbacks.Callback):  # type: ignore[misc]
            def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
                if continues:
                    arrays = continues.arrays.get(model_state.CALLBACKS, ())
                    model_state.put_callbacks(callbacks, continues.callbacks, arrays)

            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
                stopped = bool(self.model.stop_training)
                if stopped or epoch + 1 == epochs:
                    states, of_callbacks = model_state.of_callbacks(callbacks)
                    arrays = model_state.of_training(self.model)
                    arrays[model_state.CALLBACKS] = of_callbacks
                    kept.update(epoch=epoch + 1, stopped=stopped)
                    kept.update(callbacks=states, arrays=arrays)

        return Keeper()

    def _with_earlier(self, evaluation: Evaluation) -> Evaluation:
        earlier = self._continues
        if earlier is None:
            return evaluation
        step = evaluation.report["best_step"] + earlier.epoch
        metrics, objective = evaluation.metrics, self._tuner.oracle.objective
        if not objective.better_than(
            objective.get_value(metrics), objective.get_value(earlier.metrics)
        ):
            metrics, step = earlier.metrics, earlier.report["best_step"]
        return dataclasses.replace(
            evaluation,
            metrics=metrics,
            measurements=self.continued(evaluation.measurements),
            report={**evaluation.report, "best_step": step},
        )

    def _state(self, evaluation: Evaluation) -> TrainingState:
        fidelity = self._job.fidelity
        state = TrainingState(
            values=self._job.values,
            seed=self._job.seed,
            metrics=evaluation.metrics,
            measurements=evaluation.measurements,
            report=evaluation.report,
            hopeless=evaluation.stopped,
            **self._kept,
        )
        if fidelity is not None and fidelity.is_full:
            return dataclasses.replace(state, callbacks=(), arrays={})
        return state
