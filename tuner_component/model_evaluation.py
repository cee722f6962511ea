"""Evaluates what a user's `build_model(hp)` returns, whichever kind of model it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner_component import import_path
from tuner_component.evaluation import Evaluator
from tuner_component.keras_trials.cross_validated import CrossValidatedEvaluation
from tuner_component.keras_trials.together import KerasEvaluation
from tuner_component.model_code import ModelCode
from tuner_component.sklearn_evaluation.evaluation import (
    SklearnEvaluation,
    is_estimator,
)
from tuner_component.working_dir import InWorkingDir


def make_evaluator(load: str, load_settings: Mapping[str, Any]) -> Evaluator:
    """Returns the evaluator of a module with `build_model`.

    The kind of the default hyperparameters' model decides for all trials.

    Args:
        load: Import path "package.module:function" of what returns `ModelCode`.
        load_settings: Its keyword arguments; JSON.
    """
    code: ModelCode = import_path.load(load)(**load_settings)
    return InWorkingDir(code.fn_args, lambda: _evaluator_of(code))


def _evaluator_of(code: ModelCode) -> Evaluator:
    import keras_tuner

    if is_estimator(code.build_model(keras_tuner.HyperParameters())):
        return SklearnEvaluation(code)
    if code.asks_for_folds:
        return CrossValidatedEvaluation(code)
    return KerasEvaluation(code)
