"""Trains and scores the scikit-learn estimator that `build_model(hp)` returns."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tuner_component.cross_validation import CrossValidation, std_of, summary
from tuner_component.errors import TrialFailedError
from tuner_component.evaluation import Evaluation, Job, Report
from tuner_component.model_code import ModelCode, hyperparameters, is_tested
from tuner_component.sklearn_evaluation import folds, matrix, scores
from tuner_component.sklearn_evaluation.folds import Fold
from tuner_component.sklearn_evaluation.matrix import Matrix
from tuner_component.space_discovery import discover
from tuner_component.trial import ON_TEST_SPLIT, Measurement

FIDELITIES = {"examples_fraction": 1.0}
"""The kinds of fidelity that an estimator can be trained at, and the full amounts."""

MODEL_FILE = "model.joblib"
_DESCRIPTION_FILE = "model.json"

_FEW = 500


def is_estimator(model: object) -> bool:
    """Returns whether scikit-learn would take it for an estimator."""
    needed = ("fit", "get_params", "set_params")
    return not isinstance(model, type) and all(hasattr(model, name) for name in needed)


class SklearnEvaluation:
    """An evaluator of estimators; the data are read once.

    A trial is trained on every fold but one and scored on that one, for each fold of
    the train split. The folds depend on the study's seed only, so that trials are
    compared on the same examples.

    Args:
        code: The user's model and data.
    """

    def __init__(self, code: ModelCode) -> None:
        self._code = code
        self._settings = CrossValidation.of(code.cross_validation())
        self._train: Matrix | None = None
        self._test: Matrix | None = None
        self._folds: dict[bool, Sequence[Fold]] = {}

    def __call__(self, job: Job, report: Report) -> Evaluation:
        """Scores one configuration; raises what the user's code raises."""
        if "explore" in job.note:
            return self._explored()
        if "export" in job.note:
            return self._exported(job)
        return self._scored(job, report)

    def _explored(self) -> Evaluation:
        """Finds the space and the metrics; trains the default model on few examples."""
        found = discover(self._code.build_model)
        hp = hyperparameters({})
        estimator = self._build(hp, 0)
        fold = self._folds_for(estimator)[0]
        fraction = min(_FEW / len(fold.train), 1.0)
        metrics = self._on_fold(estimator, hp, fold, fraction)
        return Evaluation(
            metrics={"explored": 1.0},
            report={
                "space": found.config,
                "complete": found.complete,
                "metrics": sorted([*metrics, *map(std_of, metrics)]),
                "fidelities": FIDELITIES,
            },
        )

    def _scored(self, job: Job, report: Report) -> Evaluation:
        fraction = _fraction(job)
        started = time.monotonic()
        hp = hyperparameters(job.values)
        by_fold, tested = [], []
        for fold in self._folds_for(self._build(hp, job.seed)):
            estimator = self._build(hp, job.seed)
            by_fold.append(self._on_fold(estimator, hp, fold, fraction))
            if is_tested(self._code, job):
                tested.append(self._on_test_split(estimator))
        metrics = summary(by_fold)
        measurement = Measurement(fraction, metrics, time.monotonic() - started)
        report(measurement)
        return Evaluation(
            metrics=metrics,
            measurements=(measurement,),
            report={
                "hyperparameters": json.loads(json.dumps(hp.get_config())),
                "folds": by_fold,
                **({ON_TEST_SPLIT: summary(tested)} if tested else {}),
            },
        )

    def _exported(self, job: Job) -> Evaluation:
        """Trains on the whole train split, and says how it does on the eval split."""
        import joblib
        import tensorflow as tf

        hp, train = hyperparameters(job.values), self._training_data()
        estimator = self._build(hp, job.seed)
        scorers = scores.make(estimator, self._settings.scoring)
        estimator.fit(train.x, train.y, **self._code.fit_args(hp))
        held_out = matrix.read(self._code.validation)
        metrics = scores.measure(estimator, scorers, held_out.x, held_out.y, "eval_")
        target = job.note["export"]
        tf.io.gfile.makedirs(target)
        with tempfile.TemporaryDirectory() as local:
            path = str(Path(local) / MODEL_FILE)
            joblib.dump(estimator, path)
            tf.io.gfile.copy(path, f"{target}/{MODEL_FILE}", overwrite=True)
        with tf.io.gfile.GFile(f"{target}/{_DESCRIPTION_FILE}", "w") as file:
            file.write(json.dumps({"columns": train.columns, "metrics": metrics}))
        return Evaluation(metrics={job.objective: 0.0}, report={"metrics": metrics})

    def _on_fold(
        self, estimator: Any, hp: Any, fold: Fold, fraction: float
    ) -> dict[str, float]:
        data, rows = self._training_data(), fold.subset(fraction)
        scorers = scores.make(estimator, self._settings.scoring)
        estimator.fit(data.x[rows], data.y[rows], **self._code.fit_args(hp))
        held_out = fold.validation
        return scores.measure(
            estimator, scorers, data.x[held_out], data.y[held_out], "val_"
        )

    def _on_test_split(self, estimator: Any) -> dict[str, float]:
        if self._test is None:
            self._test = matrix.read(self._code.test)
        scorers = scores.make(estimator, self._settings.scoring)
        return scores.measure(estimator, scorers, self._test.x, self._test.y, "test_")

    def _build(self, hp: Any, seed: int) -> Any:
        """Returns a new estimator; what it leaves to chance gets the seed."""
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002 - what estimators fall back to
        estimator = self._code.build_model(hp)
        if not is_estimator(estimator):
            raise TrialFailedError(
                f"build_model returned a {type(estimator).__name__}; expected a "
                "scikit-learn estimator, as for the default hyperparameters."
            )
        unset = [
            name
            for name, value in estimator.get_params().items()
            if value is None and name.rpartition("__")[2] == "random_state"
        ]
        return estimator.set_params(**dict.fromkeys(unset, seed % 2**32))

    def _training_data(self) -> Matrix:
        if self._train is None:
            self._train = matrix.read(self._code.train)
        return self._train

    def _folds_for(self, estimator: Any) -> Sequence[Fold]:
        from sklearn import base

        classify, data = base.is_classifier(estimator), self._training_data()
        if classify not in self._folds:
            self._folds[classify] = folds.make(
                data.x, data.y, self._settings.cv, self._code.seed, classify=classify
            )
        return self._folds[classify]


def _fraction(job: Job) -> float:
    fidelity = job.fidelity
    if fidelity is None:
        return 1.0
    if fidelity.kind not in FIDELITIES or not 0 < fidelity.value <= 1:
        raise TrialFailedError(
            f"The trial is to get {fidelity.value:g} {fidelity.kind}, but an estimator "
            "is trained on a fraction of the examples, above 0 and at most 1. Use "
            'strategy_options={"resource": "examples_fraction", ...}.'
        )
    return float(fidelity.value)
