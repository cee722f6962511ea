"""KerasTuner's `HyperParameters.get_config()` to a search space.

The form is read as it is, so that KerasTuner need not be imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Configurations,
    Constraint,
    Fixed,
    Float,
    Int,
    Parameter,
    SearchSpace,
)


def from_keras_tuner(
    config: Mapping[str, Any],
    *,
    drop_unreachable: bool = False,
    constraints: Sequence[str] = (),
) -> SearchSpace:
    """Returns the search space of a `HyperParameters.get_config()`.

    Of several definitions with the same name and conditions the last counts, as in
    KerasTuner's own oracles.

    Args:
        config: The object's configuration; its `values` do not matter here.
        drop_unreachable: Leave out parameters that no configuration activates, as
            KerasTuner in effect does, instead of raising. A `Fixed` override of a
            parent legitimately makes such parameters.
        constraints: What a configuration must fulfil; those that name what is left
            out hold.

    Raises:
        SearchSpaceError: If a parameter or condition is of a kind not known here, or
            the space contradicts itself.
    """
    distinct: dict[tuple[str, tuple[Condition, ...]], Parameter] = {}
    for item in config["space"]:
        parameter = _parameter(item)
        distinct[parameter.name, parameter.conditions] = parameter
    parameters = tuple(distinct.values())
    read = tuple(map(Constraint, constraints))
    every = {parameter.name for parameter in parameters}
    if drop_unreachable:
        reached = Configurations(parameters).reached
        parameters = tuple(parameters[index] for index in sorted(reached))
        dropped = every - {parameter.name for parameter in parameters}
        read = tuple(each for each in read if not each.names & dropped)
    return SearchSpace(parameters, read)


def _parameter(item: Mapping[str, Any]) -> Parameter:
    kind, config = item["class_name"], item["config"]
    if kind not in _READERS:
        raise SearchSpaceError(
            f"Received the hyperparameter {config.get('name')!r} of the class "
            f"{kind!r}; expected one of {sorted(_READERS)}. Use one of KerasTuner's "
            "own hyperparameters."
        )
    conditions = tuple(_condition(condition) for condition in config["conditions"])
    return _READERS[kind](config, conditions)


def _condition(item: Mapping[str, Any]) -> Condition:
    if item["class_name"] != "Parent":
        raise SearchSpaceError(
            f"Received a condition of the class {item['class_name']!r}; expected "
            "'Parent'. Use hp.conditional_scope or parent_name and parent_values."
        )
    return Condition(item["config"]["name"], tuple(item["config"]["values"]))


def _numeric(
    cls: type[Float] | type[Int],
) -> Callable[[Mapping[str, Any], tuple[Condition, ...]], Parameter]:
    def read(config: Mapping[str, Any], conditions: tuple[Condition, ...]) -> Parameter:
        return cls(
            name=config["name"],
            low=config["min_value"],
            high=config["max_value"],
            step=config["step"],
            sampling=config["sampling"],
            default=config["default"],
            conditions=conditions,
        )

    return read


_READERS: dict[str, Callable[[Mapping[str, Any], tuple[Condition, ...]], Parameter]] = {
    "Boolean": lambda config, conditions: Boolean(
        config["name"], config["default"], conditions
    ),
    "Choice": lambda config, conditions: Choice(
        config["name"],
        config["values"],
        config["ordered"],
        config["default"],
        conditions,
    ),
    "Fixed": lambda config, conditions: Fixed(
        config["name"], config["value"], conditions
    ),
    "Float": _numeric(Float),
    "Int": _numeric(Int),
}
