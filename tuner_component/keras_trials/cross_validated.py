"""Trains several models for each configuration, one on every fold but one."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tuner_component import model_metrics
from tuner_component.cross_validation import CrossValidation, std_of, summary
from tuner_component.errors import TrialFailedError
from tuner_component.evaluation import Evaluation, Evaluator, Job, Report
from tuner_component.keras_trials import evaluating, folds
from tuner_component.model_code import ModelCode
from tuner_component.trial import ON_TEST_SPLIT, Measurement, is_finite

DESCRIPTION_FILE = "model.json"
"""Beside the exported model: its metrics on the eval split."""


class CrossValidatedEvaluation:
    """The evaluator of Keras models that are scored by cross-validation.

    A trial is trained on every fold but one and scored on that one, for each fold of
    the train split; its metrics are the means of their best epochs. The folds depend
    on the study's seed only, so that trials are compared on the same examples; each
    begins with a seed of its own, which follows from the trial's.

    Args:
        code: The user's model and data.

    Raises:
        PreflightError: If the examples cannot be cut as the user asks.
    """

    def __init__(self, code: ModelCode) -> None:
        settings = CrossValidation.of(code.cross_validation())
        # A fold is scored as a whole, however much of the eval split is looked at.
        defaults = {**code.fit_defaults, "validation_steps": None}
        self._whole = evaluating.make_evaluator(code)
        self._folds: list[Evaluator] = [
            evaluating.make_evaluator(
                dataclasses.replace(
                    code,
                    train=fold.train,
                    validation=fold.validation,
                    fit_defaults=defaults,
                )
            )
            for fold in folds.make(code.train, settings, code.seed)
        ]

    def __call__(self, job: Job, report: Report) -> Evaluation:
        """Scores one configuration; raises what the user's code raises."""
        if "explore" in job.note:
            return self._explored(job)
        if "export" in job.note:
            return self._exported(job)
        return self._scored(job, report)

    def _explored(self, job: Job) -> Evaluation:
        found = self._folds[0](job, _silent)
        metrics = found.report["metrics"]
        stds = [std_of(name) for name in metrics if name not in model_metrics.NAMES]
        told = {"metrics": sorted([*metrics, *stds]), "num_folds": len(self._folds)}
        return dataclasses.replace(found, report={**found.report, **told})

    def _scored(self, job: Job, report: Report) -> Evaluation:
        found = [
            evaluate(_job_of_fold(job, number), _silent)
            for number, evaluate in enumerate(self._folds)
        ]
        by_fold = [dict(evaluation.metrics) for evaluation in found]
        measurements = tuple(_curve([each.measurements for each in found]))
        for measurement in measurements:
            report(measurement)
        return Evaluation(
            metrics=summary(by_fold),
            measurements=measurements,
            report={
                **found[0].report,
                "folds": by_fold,
                **_on_test_split([each.report for each in found]),
            },
        )

    def _exported(self, job: Job) -> Evaluation:
        """Trains on the whole train split, with the eval split to choose the epoch."""
        import tensorflow as tf

        with tempfile.TemporaryDirectory() as folder:
            alone = dataclasses.replace(job, folder=folder, note={}, loss_to_keep=None)
            metrics = self._whole(alone, _silent).metrics
            if not is_finite(metrics.get(job.objective)):
                raise TrialFailedError(
                    "Trained on the whole train split, the best configuration ends "
                    f"with {job.objective!r} = {metrics.get(job.objective)!r} on the "
                    "eval split; expected a finite number."
                )
            exported = self._whole(dataclasses.replace(job, folder=folder), _silent)
        told = {_of_eval(n): value for n, value in metrics.items() if is_finite(value)}
        with tf.io.gfile.GFile(f"{job.note['export']}/{DESCRIPTION_FILE}", "w") as file:
            file.write(json.dumps({"metrics": told}))
        return dataclasses.replace(exported, report={"metrics": told})


def _silent(measurement: Measurement) -> None:
    """Of one fold nobody hears before there is a mean."""


def _job_of_fold(job: Job, number: int) -> Job:
    """Returns the job of one fold, which keeps its own training for a later rung."""
    seed = np.random.SeedSequence([job.seed, number]).generate_state(1)[0]
    return dataclasses.replace(
        job,
        seed=int(seed) if number else job.seed,
        folder=f"{job.folder}/fold-{number}",
        loss_to_keep=-math.inf,
    )


def _on_test_split(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the means of what the folds' models score there, if they were."""
    tested = [report[ON_TEST_SPLIT] for report in reports if ON_TEST_SPLIT in report]
    return {ON_TEST_SPLIT: summary(tested)} if len(tested) == len(reports) else {}


def _curve(curves: Sequence[Sequence[Measurement]]) -> Iterator[Measurement]:
    """Yields the mean curve; a fold that has stopped counts with its last epoch."""
    last = [curve[0] for curve in curves]
    for epoch in itertools.zip_longest(*curves):
        last = [now or before for now, before in zip(epoch, last, strict=True)]
        resource = max(each.resource for each in last)
        spent = sum(each.seconds for each in last)
        yield Measurement(resource, summary([each.metrics for each in last]), spent)


def _of_eval(name: str) -> str:
    return f"eval_{name.removeprefix('val_')}" if name.startswith("val_") else name
