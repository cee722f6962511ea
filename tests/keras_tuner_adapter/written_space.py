"""A search space in the form of `HyperParameters.get_config()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component.search_space import (
    Choice,
    Fixed,
    Float,
    Int,
    Parameter,
    SearchSpace,
)
from tuner_component.trial import Value


def to_keras_tuner(space: SearchSpace, values: Mapping[str, Value]) -> dict[str, Any]:
    """Returns what `keras_tuner.HyperParameters.from_config` reads.

    Args:
        space: The search space.
        values: Values of the active parameters, which the object will have.
    """
    return {
        "space": [_item(parameter) for parameter in space.parameters],
        "values": dict(values),
    }


def _item(parameter: Parameter) -> dict[str, Any]:
    config: dict[str, Any] = {
        "name": parameter.name,
        "conditions": [
            {
                "class_name": "Parent",
                "config": {"name": c.parent, "values": list(c.values)},
            }
            for c in parameter.conditions
        ],
        **_own(parameter),
    }
    return {"class_name": type(parameter).__name__, "config": config}


def _own(parameter: Parameter) -> dict[str, Any]:
    if isinstance(parameter, Fixed):
        return {"value": parameter.value}
    if isinstance(parameter, Choice):
        choices: Sequence[Value] = list(parameter.choices)
        return {
            "values": choices,
            "ordered": parameter.ordered,
            "default": parameter.default,
        }
    if isinstance(parameter, Float | Int):
        return {
            "min_value": parameter.low,
            "max_value": parameter.high,
            "step": parameter.step,
            "sampling": parameter.sampling,
            "default": parameter.default,
        }
    return {"default": parameter.default}
