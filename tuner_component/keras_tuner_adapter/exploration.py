"""Finds out before the first trial what a stock tuner searches and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner_component.keras_tuner_adapter.graph_training import train_by_graphs

_DROPPED = ("initial_epoch", "validation_freq")
_ONE_STEP = {
    "epochs": 1,
    "steps_per_epoch": 1,
    "callbacks": [],
    "verbose": 0,
}


def space_of(tuner: Any) -> dict[str, Any]:
    """Returns the config of a tuner's search space."""
    return dict(tuner.oracle.get_space().get_config())


def metric_names(tuner: Any, fit_kwargs: Mapping[str, Any]) -> set[str] | None:
    """Returns the names of the metrics that the tuner's trials will report.

    A Keras model with default hyperparameters is trained for one step.

    Args:
        tuner: A KerasTuner tuner.
        fit_kwargs: Arguments of its `search`.

    Returns:
        The names; None where code of the user's decides and only a trial can tell.
    """
    import keras_tuner

    run_trial = type(tuner).run_trial
    if run_trial is keras_tuner.SklearnTuner.run_trial:
        return {"score", *(metric.__name__ for metric in tuner.metrics)}
    if run_trial not in (keras_tuner.Tuner.run_trial, keras_tuner.Hyperband.run_trial):
        return None
    if not _has_stock_training(tuner) or not _has_stock_callbacks(fit_kwargs):
        return None
    return _names_of_one_step(tuner, fit_kwargs)


def _has_stock_training(tuner: Any) -> bool:
    import keras_tuner

    return (
        type(tuner.hypermodel).fit is keras_tuner.HyperModel.fit
        and type(tuner)._build_and_fit_model is keras_tuner.Tuner._build_and_fit_model
    )


def _has_stock_callbacks(fit_kwargs: Mapping[str, Any]) -> bool:
    """Whether no callback of the user's own could add a metric."""
    import tensorflow as tf

    return all(
        type(callback).__module__.partition(".")[0] in ("keras", "tf_keras")
        for callback in tf.nest.flatten(fit_kwargs.get("callbacks") or ())
    )


def _names_of_one_step(tuner: Any, fit_kwargs: Mapping[str, Any]) -> set[str]:
    reduced = {k: v for k, v in fit_kwargs.items() if k not in _DROPPED} | _ONE_STEP
    if reduced.get("validation_data") is not None:
        reduced["validation_steps"] = 1
    hps = tuner.oracle.get_space()
    undo = train_by_graphs(tuner)  # They serve the trials of the same structure too.
    try:
        model = tuner._try_build(hps)
        history = tuner.hypermodel.fit(hps, model, **reduced)
    finally:
        undo()
    names, objective = set(history.history), tuner.oracle.objective
    if objective.has_value(names):  # The sum of several has a name of its own.
        names.add(objective.name)
    return names
