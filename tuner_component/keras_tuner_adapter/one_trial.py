"""Runs a tuner's own `search` for one trial that comes from elsewhere.

All hooks and overrides of the tuner run as they would in KerasTuner. Its oracle
hands out the one trial and takes the result; where a second trial would be asked
for, the search is left.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tuner_component.curve_stopping import CurveStopping
from tuner_component.errors import InfeasibleTrialError, TrialFailedError
from tuner_component.evaluation import Evaluation, Job, Report, reporting
from tuner_component.keras_tuner_adapter import bridge, oracle_patches
from tuner_component.keras_tuner_adapter.best_epoch import write_once
from tuner_component.keras_tuner_adapter.directions import registering
from tuner_component.keras_tuner_adapter.graph_training import train_by_graphs
from tuner_component.keras_tuner_adapter.lean_tuner import make_lean
from tuner_component.keras_tuner_adapter.learning_curve import LearningCurve
from tuner_component.keras_tuner_adapter.rung_training import RungTraining
from tuner_component.trial import is_finite

_REPORTS_ITSELF = "The use case of calling"
"""Of KerasTuner, about user code that we cannot change."""


class _SearchLeftError(BaseException):
    """Leaves `search`; no `except Exception` of the user's may stop it."""


class OneTrial:
    """A tuner with the one trial that it may run.

    Args:
        tuner: A fresh KerasTuner tuner of this object's own; it is changed.
        job: The trial; its note may name the oracle's id and a parent.
        report: Called at the end of every epoch.
    """

    def __init__(self, tuner: Any, job: Job, report: Report) -> None:
        self._tuner, self._oracle, self._job = tuner, tuner.oracle, job
        self._id = str(job.note.get("oracle_trial_id", job.trial_id))
        self._release = train_by_graphs(tuner)
        self._curve, self._rung = LearningCurve(report), RungTraining(tuner, job)
        self._stopping = CurveStopping(job, None)
        self._hopeless: tuple[float, str] = (0, "")
        self._error: Exception | None = None
        self._is_started = self._is_running = False
        self._adopt_oracle()
        self._adopt_tuner()

    def run(self, fit_kwargs: dict[str, Any]) -> Evaluation:
        """Trains and scores the trial.

        Args:
            fit_kwargs: Arguments of the tuner's `search`.

        Raises:
            InfeasibleTrialError: If the model is larger than the tuner allows.
            TrialFailedError: If the user's code says that the trial failed.
            Exception: What else the user's code raises.
        """
        try:
            return self._run(fit_kwargs)
        finally:
            self._release()

    def _run(self, fit_kwargs: dict[str, Any]) -> Evaluation:
        if self._rung.ended is not None:
            return self._rung.ended
        arguments = self._with_epochs(fit_kwargs)
        self._stopping = CurveStopping(self._job, self._full_epochs(arguments))
        try:
            self._tuner.search(**arguments)
        except _SearchLeftError:
            pass
        finally:
            oracle_patches.forget(self._oracle)
        if self._error is not None:
            raise reporting(_translated(self._error), self._asked_for())
        trial = self._oracle.trials[self._id]
        if trial.status != "COMPLETED":
            raise TrialFailedError(
                f"{type(self._tuner).__name__}.search() left its trial "
                f"{trial.status}: {trial.message or 'no reason given'}. Expected it to "
                "ask oracle.create_trial() for a trial and to end it as COMPLETED; an "
                "override must call super().search(...)."
            )
        evaluation = self._evaluation(trial)
        if self._job.needs_weights(evaluation.metrics):
            self._write_weights()
        return self._rung.finished(evaluation)

    def trained_model(self) -> Any:
        """Returns the model with the weights that the trial left in its folder."""
        trial = self._oracle.trials[self._id]
        trial.status = "COMPLETED"
        trial.best_step = self._job.note.get("report", {}).get("best_step", 0)
        trial.hyperparameters.values.pop(bridge.PARENT, None)  # It may be gone.
        try:
            return self._tuner.load_model(trial)
        finally:
            oracle_patches.forget(self._oracle)
            self._release()

    def _adopt_oracle(self) -> None:
        from keras_tuner.engine import trial as trial_module

        oracle = self._oracle
        values = self._job.values
        hps = bridge.hyperparameters(oracle.get_space().get_config(), values)
        for hp in hps.space:
            if hps.is_active(hp):
                hps.values.setdefault(hp.name, hp.default)
        oracle.trials = {self._id: trial_module.Trial(hps, self._id)}
        parent = self._job.note.get("parent")
        if parent is not None:
            trial_id = str(values[bridge.PARENT])
            hps = bridge.hyperparameters(hps.get_config(), parent["values"])
            oracle.trials[trial_id] = trial_module.Trial(hps, trial_id, "COMPLETED")
            oracle.trials[trial_id].score = parent["score"]
            oracle.trials[trial_id].best_step = parent["best_step"]
        oracle_patches.without_files(oracle)
        oracle.verbose = 0
        oracle.create_trial = self._create_trial
        oracle.end_trial = self._end_trial
        oracle.update_trial = _followed(registering(oracle), self._updated)

    def _adopt_tuner(self) -> None:
        tuner = self._tuner
        tuner.save = lambda: None
        make_lean(tuner)
        # Code of a user's may look for the file when the training has ended.
        is_stock = type(tuner).__module__.partition(".")[0] == "keras_tuner"
        waits = is_stock and self._job.loss_to_keep is not None
        self._write_weights = write_once(tuner, by_caller=waits)
        tuner.run_trial = self._watched(tuner.run_trial)
        tuner._run_and_update_trial = self._kept_error(tuner._run_and_update_trial)
        tuner.get_trial_dir = self._trial_dir(tuner.get_trial_dir)
        if hasattr(tuner, "on_epoch_end"):
            tuner.on_epoch_end = _followed(tuner.on_epoch_end, self._epoch_ended)

    def _create_trial(self, _: str) -> Any:
        if self._is_started:
            raise _SearchLeftError
        self._is_started = True
        return self._oracle.trials[self._id]

    def _end_trial(
        self, trial: Any = None, status: str = "COMPLETED", **_: str
    ) -> None:
        """Takes both forms: `end_trial(trial)` and `end_trial(trial_id, status)`."""
        known = self._oracle.trials[self._id]
        if trial is None or isinstance(trial, str):
            known.status = status
        else:
            known.hyperparameters, known.message = trial.hyperparameters, trial.message
            known.status = trial.status
        if known.status == "COMPLETED":
            self._oracle.update_space(known.hyperparameters)
            self._oracle.score_trial(known)

    def _updated(self, _: Any, metrics: Any, step: int = 0) -> None:
        if self._is_running:  # Not the last word, which comes after `run_trial`.
            self._curve.add(step, metrics)

    def _epoch_ended(self, _: Any, model: Any, epoch: int, logs: Any = None) -> None:
        self._curve.add(epoch, logs)
        curve = self._rung.continued(self._curve.measurements())
        reason = self._stopping.stop(model, curve)
        if reason:
            self._hopeless = (curve[-1].resource, reason)

    def _watched(self, run_trial: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            self._is_running = True
            results = run_trial(*args, **kwargs)
            self._is_running = False
            self._curve.add_histories(results)
            return results

        return watched

    def _kept_error(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def kept(*args: Any, **kwargs: Any) -> Any:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", _REPORTS_ITSELF, DeprecationWarning)
                try:
                    return run(*args, **kwargs)
                except Exception as error:
                    self._error = error
                    raise

        return kept

    def _trial_dir(self, original: Callable[[str], str]) -> Callable[[str], str]:
        folders = {self._id: self._job.folder}
        parent = self._job.note.get("parent")
        if parent is not None:
            beside = Path(self._job.folder).parent / parent["trial_id"]
            folders[str(self._job.values[bridge.PARENT])] = str(beside)
        return lambda trial_id: folders.get(str(trial_id)) or original(trial_id)

    def _with_epochs(self, fit_kwargs: dict[str, Any]) -> dict[str, Any]:
        """Gives a Hyperband tuner its epochs where its oracle does not."""
        import keras_tuner

        if (
            isinstance(self._tuner, keras_tuner.Hyperband)
            and "tuner/epochs" not in self._job.values
        ):
            return {"epochs": self._oracle.max_epochs, **fit_kwargs}
        return fit_kwargs

    def _full_epochs(self, arguments: Mapping[str, Any]) -> float | None:
        """Returns the epochs of the whole training; None where a curve is a mean."""
        if getattr(self._tuner, "executions_per_trial", 1) > 1:
            return None
        fidelity = self._job.fidelity
        if fidelity is not None and fidelity.most is not None:
            return fidelity.most
        values = self._job.values
        said = arguments.get("epochs", values.get("epochs"))
        epochs = values.get("tuner/epochs", said)
        return float(epochs) if is_finite(epochs) else None

    def _asked_for(self) -> dict[str, Any]:
        """Returns a report of the hyperparameters, also those that have become known.

        Of new ones that the oracle does not allow, KerasTuner makes an error that would
        end the search, not the trial.
        """
        hps = self._oracle.trials[self._id].hyperparameters
        if self._error is not None and not self._oracle.allow_new_entries:
            return {}
        return {"hyperparameters": json.loads(json.dumps(hps.get_config()))}

    def _evaluation(self, trial: Any) -> Evaluation:
        step = trial.metrics.get_best_step(self._oracle.objective.name)
        measurements = self._curve.measurements()
        reached, reason = self._hopeless
        last = self._rung.continued(measurements)[-1:]
        return Evaluation(
            metrics={
                name: _value(history, step)
                for name, history in trial.metrics.metrics.items()
            },
            measurements=measurements,
            report={**self._asked_for(), "best_step": int(step or 0)},
            # A training of the user's own may have gone on all the same.
            stopped=reason if last and last[0].resource == reached else "",
        )


def _followed(
    function: Callable[..., Any], then: Callable[..., None]
) -> Callable[..., Any]:
    def both(*args: Any, **kwargs: Any) -> Any:
        returned = function(*args, **kwargs)
        then(*args, **kwargs)
        return returned

    return both


def _value(history: Any, step: int | None) -> float:
    observed = {item.step: float(item.mean()) for item in history.get_history()}
    return observed[step] if step in observed else observed[max(observed)]


def _translated(error: Exception) -> Exception:
    import keras_tuner

    if not isinstance(error, keras_tuner.errors.FailedTrialError):
        return error
    is_oversized = str(error).startswith("Oversized model")
    kind = InfeasibleTrialError if is_oversized else TrialFailedError
    translated = kind(str(error))
    translated.__cause__ = error
    return translated
