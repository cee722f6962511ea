"""What KerasTuner writes down of a hyperparameter: an entry of `get_config()`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tuner_component.search_space.wiring import is_wiring

_MAX_VALUES = 32


def alternatives(entry: Mapping[str, Any]) -> list[Any]:
    """Returns the values of a parameter that may decide about others."""
    config = entry["config"]
    if entry["class_name"] == "Boolean":
        return [False, True]
    if entry["class_name"] == "Choice":
        return list(config["values"])[:_MAX_VALUES]
    if entry["class_name"] == "Int" and config.get("sampling") in (None, "linear"):
        step = config.get("step") or 1
        values = list(range(config["min_value"], config["max_value"] + 1, step))
        return values if len(values) <= _MAX_VALUES else []
    return []


def is_wired(entry: Mapping[str, Any]) -> bool:
    """Returns whether it is an architecture rather than a value to choose."""
    return is_wiring(entry["config"].get("value"))


def with_conditions(
    found: Mapping[str, Any], appears: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Returns entries as a `HyperParameters.get_config()`, parents first.

    Args:
        found: The entries, each with a key.
        appears: For which values of others one is asked for, as far as its own
            conditions do not say so; keys throughout.
    """
    space = []
    for key, entry in _parents_first(found, appears):
        conditions = [
            {
                "class_name": "Parent",
                "config": {"name": found[parent]["config"]["name"], "values": values},
            }
            for parent, values in appears.get(key, {}).items()
        ]
        declared = entry["config"]["conditions"]
        space.append(
            {
                "class_name": entry["class_name"],
                "config": {**entry["config"], "conditions": declared + conditions},
            }
        )
    return {"space": space, "values": {}}


def _parents_first(
    found: Mapping[str, Any], appears: Mapping[str, Mapping[str, Any]]
) -> Iterable[tuple[str, Any]]:
    placed: dict[str, Any] = {}

    def place(key: str) -> None:
        if key not in placed:
            for parent in appears.get(key, {}):
                place(parent)
            placed[key] = found[key]

    for key in found:
        place(key)
    return placed.items()
