"""The model of a trial that was trained before, as a SavedModel."""

from __future__ import annotations

from typing import Any

from tuner_component import model_export, model_state
from tuner_component.evaluation import Evaluation, Job
from tuner_component.keras_trials import training_state, weights_file
from tuner_component.keras_trials.epoch_watch import best_weights
from tuner_component.model_code import ModelCode, made_model


def export(code: ModelCode, job: Job) -> Evaluation:
    """Writes a trained trial's model as a SavedModel to `job.note["export"]`."""
    model = made_model(code, job.values)
    _load_weights(model, job)
    model_export.export(model, job.note["export"])
    return Evaluation(metrics={job.objective: 0.0})


def _load_weights(model: Any, job: Job) -> None:
    state = training_state.read(job)
    if state is not None and state.arrays:
        model_state.put(model, best_weights(state))
        return
    weights_file.load(model, job.folder)
