"""Trials and hyperparameters between KerasTuner's form and ours."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tuner_component.trial import TrialState

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
