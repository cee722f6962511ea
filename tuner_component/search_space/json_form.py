"""A search space as JSON, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import records
from tuner_component.errors import SearchSpaceError
from tuner_component.search_space.categorical import Boolean, Choice, Fixed
from tuner_component.search_space.constraint import Constraint
from tuner_component.search_space.integer import Int
from tuner_component.search_space.parameter import Parameter
from tuner_component.search_space.real import Float

_VERSION = 1
_VERSION_WITH_CONSTRAINTS = 2
_KINDS: dict[str, type[Parameter]] = {
    "boolean": Boolean,
    "choice": Choice,
    "fixed": Fixed,
    "float": Float,
    "int": Int,
}
_NAMES = {cls: kind for kind, cls in _KINDS.items()}


def to_json(
    parameters: Sequence[Parameter], constraints: Sequence[Constraint]
) -> dict[str, Any]:
    """Returns a space as a JSON object, with the version of its form."""
    written = [_written(parameter) for parameter in parameters]
    if not constraints:
        return {"version": _VERSION, "parameters": written}
    return {
        "version": _VERSION_WITH_CONSTRAINTS,
        "parameters": written,
        "constraints": [constraint.text for constraint in constraints],
    }


def from_json(
    data: Mapping[str, Any],
) -> tuple[tuple[Parameter, ...], tuple[Constraint, ...]]:
    """Returns the parameters and constraints of what `to_json` returned.

    Raises:
        SearchSpaceError: If it is not a space of a version known here.
    """
    if data.get("version") not in (_VERSION, _VERSION_WITH_CONSTRAINTS):
        raise SearchSpaceError(
            f"Received a search space of version {data.get('version')!r}; expected "
            f"{_VERSION} or {_VERSION_WITH_CONSTRAINTS}. Read it with the release "
            "that wrote it."
        )
    parameters = tuple(
        records.decode(_KINDS[parameter["kind"]], parameter)
        for parameter in data["parameters"]
    )
    return parameters, tuple(map(Constraint, data.get("constraints", ())))


def fingerprint(
    parameters: Sequence[Parameter], constraints: Sequence[Constraint]
) -> str:
    """Returns the SHA-256 of a space, see `SearchSpace.fingerprint`."""
    ordered = sorted(parameters, key=lambda parameter: parameter.name)
    data = [_written(parameter) for parameter in ordered]
    texts = sorted({constraint.text for constraint in constraints})
    data += [{"constraint": text} for text in texts]
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _written(parameter: Parameter) -> dict[str, Any]:
    return {"kind": _NAMES[type(parameter)], **records.encode(parameter)}
