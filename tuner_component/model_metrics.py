"""Metrics of a trained Keras model that no epoch reports: its size, its time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from tuner_component.evaluation import Evaluation, Job

NAMES = ("model_bytes", "num_parameters", "train_seconds")
"""Objectives that a study may have besides its first."""


def added(evaluation: Evaluation, job: Job, model: Callable[[], Any]) -> Evaluation:
    """Returns the evaluation with those of the metrics that the job asks for.

    Nobody else gets them: a time differs from run to run, and two runs of a trial
    report the same metrics.

    Args:
        evaluation: Of the training.
        job: Names the objectives.
        model: Returns the model, with its weights' shapes; called only if need be.
    """
    wanted = [name for name in NAMES if name in job.further_objectives]
    if not wanted:
        return evaluation
    weights, measured = model().get_weights(), evaluation.measurements
    known = {
        "model_bytes": float(sum(weight.nbytes for weight in weights)),
        "num_parameters": float(sum(weight.size for weight in weights)),
        "train_seconds": measured[-1].seconds if measured else 0.0,
    }
    metrics = {**evaluation.metrics, **{name: known[name] for name in wanted}}
    return dataclasses.replace(evaluation, metrics=metrics)
