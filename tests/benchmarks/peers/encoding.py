"""Search spaces in the three kinds that every peer knows: float, int, choice.

Ordered lists become integers (their index), a logarithmic scale from above becomes
one from below. Both are on the scale on which we sample, so that no peer has to
learn what we are told.
"""

from __future__ import annotations

from typing import Any

from tests.benchmarks.tables.task import Values
from tuner_component.search_space import Choice, Float, Int, Parameter, SearchSpace
from tuner_component.trial import Value


def encode(space: SearchSpace) -> list[dict[str, Any]]:
    """Returns the space for an adapter.

    Raises:
        ValueError: If it has conditions, which not every peer knows.
    """
    for parameter in space.parameters:
        if parameter.conditions:
            raise ValueError(
                f"{parameter.name!r} is conditional; expected it not to be."
            )
    return [_encode(parameter) for parameter in space.parameters]


def decode(space: SearchSpace, values: dict[str, Any]) -> Values:
    """Returns our form of a configuration of the encoded space."""
    return {p.name: _decode(p, values[p.name]) for p in space.parameters}


def _encode(parameter: Parameter) -> dict[str, Any]:
    name, default = parameter.name, parameter.default
    listed = _listed(parameter)
    if listed is not None:
        index = listed.index(default)
        ends = {"low": 0, "high": len(listed) - 1, "log": False}
        return {"name": name, "kind": "int", "default": index, **ends}
    if not isinstance(parameter, Float | Int):
        values = [str(value) for value in parameter.values() or ()]
        return {
            "name": name,
            "kind": "choice",
            "values": values,
            "default": str(default),
        }
    return {
        "name": name,
        "kind": "float" if isinstance(parameter, Float) else "int",
        "low": parameter.low,
        "high": parameter.high,
        "log": parameter.sampling != "linear",
        "default": _turned(parameter, default),
    }


def _decode(parameter: Parameter, value: Any) -> Value:
    listed = _listed(parameter)
    if listed is not None:
        return listed[int(value)]
    if isinstance(parameter, Float):
        return min(max(float(_turned(parameter, value)), parameter.low), parameter.high)
    if isinstance(parameter, Int):
        return int(_turned(parameter, value))
    return next(known for known in parameter.values() or () if str(known) == value)


def _listed(parameter: Parameter) -> list[Value] | None:
    """Returns the values of a parameter with an order that is not a plain range."""
    stepped = isinstance(parameter, Float | Int) and parameter.step not in (None, 1)
    ordered = isinstance(parameter, Choice) and parameter.ordered
    return list(parameter.values() or ()) if stepped or ordered else None


def _turned(parameter: Float | Int, value: float) -> float:
    if parameter.sampling == "reverse_log":
        return parameter.low + parameter.high - value
    return value
