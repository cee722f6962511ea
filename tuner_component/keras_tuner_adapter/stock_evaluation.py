"""Evaluates jobs with the tuner of a stock `tuner_fn`, in a worker."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from tuner_component import import_path, kernel_cache, model_export
from tuner_component.errors import TrialFailedError
from tuner_component.evaluation import (
    START_SECONDS,
    Evaluation,
    Evaluator,
    Job,
    Report,
)
from tuner_component.keras_tuner_adapter import bridge, exploration, rung_training
from tuner_component.keras_tuner_adapter.one_trial import OneTrial
from tuner_component.keras_tuner_adapter.owned_tuner import OwnedTuner, call_tuner_fn
from tuner_component.working_dir import InWorkingDir


def make_evaluator(load: str, load_settings: Mapping[str, Any]) -> Evaluator:
    """Makes the evaluator of a worker.

    Args:
        load: Import path "package.module:function" of what returns the user's
            `tuner_fn` and the `fn_args` to call it with.
        load_settings: Its keyword arguments; JSON.
    """
    tuner_fn, fn_args = import_path.load(load)(**load_settings)
    # KerasTuner collects garbage twice a trial, half of a small trial's time. What
    # the imports left behind is no garbage: it need not be looked at again.
    gc.collect()
    gc.freeze()
    return InWorkingDir(fn_args, lambda: StockEvaluation(tuner_fn, fn_args))


class StockEvaluation:
    """An evaluator: every job gets a tuner of its own from the user's function.

    What a tuner writes goes into the trial's folder. A job whose note has `explore`
    is answered with the space and the names of the metrics in the report; one whose
    note has `export`, a folder, with a trained trial's SavedModel there.

    Args:
        tuner_fn: The user's function.
        fn_args: What it is called with.
    """

    def __init__(self, tuner_fn: Callable[[Any], Any], fn_args: Any) -> None:
        self._tuner_fn, self._fn_args = tuner_fn, fn_args
        self._space: Mapping[str, Any] | None = None

    def __call__(self, job: Job, report: Report) -> Evaluation:
        """Trains and scores one configuration; raises what the user's code raises."""
        if "explore" in job.note:
            return self._explored(job)
        if self._space is None:
            self._space = exploration.space_of(self._owned(job, explore=True).tuner)
        tuner, fit_kwargs = self._owned(job, explore=False)
        tuner.oracle.hyperparameters = bridge.hyperparameters(self._space, {})
        if "export" in job.note:
            return _exported(tuner, job)
        return OneTrial(tuner, job, report).run(fit_kwargs)

    def _explored(self, job: Job) -> Evaluation:
        tuner, fit_kwargs = self._owned(job, explore=True)
        self._space = exploration.space_of(tuner)
        began = time.monotonic()
        names = exploration.metric_names(tuner, fit_kwargs)
        report = {
            # Reading the data is not for every worker, making the graphs is.
            START_SECONDS: time.monotonic() - began,
            "space": json.loads(json.dumps(self._space)),
            "metrics": None if names is None else sorted(names),
            "no_rungs": rung_training.why_not(tuner, self._space),
        }
        return Evaluation(metrics={job.objective: 1.0}, report=report)

    def _owned(self, job: Job, *, explore: bool) -> OwnedTuner:
        _seed_everything(job.seed)
        return call_tuner_fn(
            self._tuner_fn, self._fn_args, job.folder, explore=explore, seed=job.seed
        )


def _seed_everything(seed: int) -> None:
    """Seeds Python, NumPy, TensorFlow and the Keras that KerasTuner is bound to."""
    from keras_tuner.src.backend import keras

    kernel_cache.keep()
    keras.utils.set_random_seed(seed % 2**32)


def _exported(tuner: Any, job: Job) -> Evaluation:
    try:
        model = OneTrial(tuner, job, lambda _: None).trained_model()
    except NotImplementedError:
        raise TrialFailedError(
            f"{type(tuner).__name__} cannot load a trained model; expected "
            "save_model() and load_model() beside its run_trial()."
        ) from None
    except FileNotFoundError as error:
        raise TrialFailedError(
            f"{type(tuner).__name__} has left no model of the trial: {error}. Expected "
            "model.fit() with the callbacks that the hypermodel's fit() is given, or "
            "a load_model() of the tuner's own, for what its run_trial() has saved."
        ) from error
    if not hasattr(model, "export"):
        raise TrialFailedError(
            f"The trained model is a {type(model).__name__}, which has no export(); "
            "expected a Keras model."
        )
    model_export.export(model, job.note["export"])
    return Evaluation(metrics={job.objective: 0.0})
