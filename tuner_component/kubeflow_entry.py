"""What a step's container runs on open-source Kubeflow Pipelines v2.

Its driver hands input artifacts on without their type, and TFX's own entry point dies
of that. The type is in the component's own declaration: it is filled in from there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

_REQUEST = "--json_serialized_invocation_args"
_DECLARATION = "--json_serialized_inputs_spec_args"


def with_types(arguments: Sequence[str]) -> list[str]:
    """Returns a container's arguments with a type for every input artifact.

    Args:
        arguments: Those that TFX compiles into the step, placeholders filled in; an
            option's value may follow it or be joined to it by `=`.
    """
    request, declaration = (
        _value(arguments, name) for name in (_REQUEST, _DECLARATION)
    )
    if request is None or declaration is None:
        return list(arguments)
    filled = json.dumps(_filled(json.loads(request), json.loads(declaration)))
    return [
        argument.replace(request, filled)
        if argument in (request, f"{_REQUEST}={request}")
        else argument
        for argument in arguments
    ]


def _filled(request: dict[str, Any], declaration: dict[str, Any]) -> dict[str, Any]:
    declared = declaration.get("artifacts", {})
    for key, value in request.get("inputs", {}).get("artifacts", {}).items():
        for artifact in value.get("artifacts", []):
            if not artifact.get("type") and key in declared:
                artifact["type"] = declared[key]["artifactType"]
    return request


def _value(arguments: Sequence[str], name: str) -> str | None:
    for argument, following in zip(arguments, [*arguments[1:], None], strict=True):
        if argument == name:
            return following
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return None


def main() -> None:
    """Runs TFX's entry point with the arguments of this process."""
    from absl import app
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

    app.run(
        kubeflow_v2_run_executor.main,
        argv=with_types(sys.argv),
        flags_parser=kubeflow_v2_run_executor._parse_flags,
    )


if __name__ == "__main__":
    main()
