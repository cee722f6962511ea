"""The arguments of a `StrategyOracle`."""

from __future__ import annotations

from typing import Any

from tuner_component.spelling import shown
from tuner_component.strategies import registry
from tuner_component.trial import Objective

_EPOCHS = "epochs"


def check(
    strategy: str, options: dict[str, Any], seed: object, max_trials: object
) -> None:
    """Raises ValueError if one of them is none, or none that KerasTuner can follow."""
    registry.check(strategy, options)
    _check_integer("seed", seed, 0)
    if max_trials is not None:
        _check_integer("max_trials", max_trials, 1)
    if registry.inherits(strategy, options):
        raise ValueError(
            "StrategyOracle(inherit_weights=True): a KerasTuner tuner passes no "
            "weights from trial to trial. Leave the option out."
        )
    resource = options.get("resource", _EPOCHS)
    if resource != _EPOCHS:
        raise ValueError(
            f"StrategyOracle(resource={resource!r}): expected {_EPOCHS!r}, the only "
            "one that a KerasTuner tuner can spend."
        )


def _check_integer(name: str, value: object, least: int) -> None:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if not is_integer or value < least:  # type: ignore[operator]
        raise ValueError(
            f"StrategyOracle({name}={shown(value)}): expected an integer, at least "
            f"{least}."
        )


def keras_tuner_objective(given: Any) -> Any:
    """Returns KerasTuner's objectives for ours; others are returned as they are.

    Raises:
        ValueError: If one of several has a weight.
    """
    import keras_tuner

    if isinstance(given, list | tuple):
        for each in given:
            _check_no_weight(each)
        return [keras_tuner_objective(each) for each in given]
    if isinstance(given, Objective):
        return keras_tuner.Objective(given.name, given.direction)
    return given


def _check_no_weight(objective: Any) -> None:
    if getattr(objective, "weight", 1.0) != 1.0:
        raise ValueError(
            f"StrategyOracle(objective=[..., {objective!r}]): expected no weight, "
            "as KerasTuner adds objectives up. Scale the metric instead."
        )
