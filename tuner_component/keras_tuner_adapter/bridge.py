"""Trials and hyperparameters between KerasTuner's form and ours."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.trial import TrialState, Value

STATUSES = {
    TrialState.COMPLETED: "COMPLETED",
    TrialState.STOPPED: "COMPLETED",
    TrialState.FAILED: "FAILED",
    TrialState.INFEASIBLE: "FAILED",
}
PARENT = "tuner/trial_id"
"""The value by which KerasTuner's Hyperband names the trial to continue."""


def hyperparameters(space: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """Returns KerasTuner's `HyperParameters` of a trial.

    Args:
        space: `HyperParameters.get_config()`; its values are not used.
        values: Hyperparameter name to value; active ones only.
    """
    import keras_tuner

    # KerasTuner puts objects in place of the conditions of what it reads.
    own = copy.deepcopy(space.get("space", []))
    return keras_tuner.HyperParameters.from_config(
        {"space": own, "values": dict(values)}
    )


def completed(config: Mapping[str, Any]) -> dict[str, Value]:
    """Returns the values of the active hyperparameters; a missing one is its default.

    KerasTuner's `ensure_active_values` draws what is missing without a seed, and loses
    the value of a name that is defined again under conditions that do not hold.

    Args:
        config: `HyperParameters.get_config()`; values of names that are not in its
            space stay.
    """
    values, names = config["values"], {e["config"]["name"] for e in config["space"]}
    beyond = {name: value for name, value in values.items() if name not in names}
    space = from_keras_tuner(config, drop_unreachable=True)
    return {**space.complete(values), **beyond}
