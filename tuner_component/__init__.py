"""A TFX component that searches hyperparameters and architectures."""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "ContinuingTuner": "tuner_component.keras_tuner_adapter.continuing_tuner",
    "InfeasibleTrialError": "tuner_component.errors",
    "Objective": "tuner_component.trial",
    "Search": "tuner_component.search",
    "StrategyOracle": "tuner_component.keras_tuner_adapter.strategy_oracle",
    "TransientTrialError": "tuner_component.errors",
    "TrialFailedError": "tuner_component.errors",
    # Kubeflow imports an artifact's class by the name of its type.
    "SearchMetrics": "tuner_component.artifacts",
    "SearchReport": "tuner_component.artifacts",
    "TrialRecord": "tuner_component.artifacts",
    "Tuner": "tuner_component.component",
    "fidelity": "tuner_component.estimators.model_fidelity",
}

__all__ = list(_PUBLIC)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
