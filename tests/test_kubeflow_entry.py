from __future__ import annotations

import json

import pytest

from tuner_component.kubeflow_entry import with_types

REQUEST = {"inputs": {"artifacts": {"examples": {"artifacts": [{"uri": "a"}]}}}}
DECLARATION = {"artifacts": {"examples": {"artifactType": {"schemaTitle": "Examples"}}}}


def arguments(request: dict, *, joined: bool) -> list[str]:
    pairs = [
        ("--executor_class_path", "a.B"),
        ("--json_serialized_invocation_args", json.dumps(request)),
        ("--json_serialized_inputs_spec_args", json.dumps(DECLARATION)),
    ]
    if joined:
        return ["entry", *(f"{name}={value}" for name, value in pairs)]
    return ["entry", *(part for pair in pairs for part in pair)]


@pytest.mark.parametrize("joined", [False, True])
def test_an_artifact_without_a_type_gets_the_declared_one(joined):
    given = arguments(REQUEST, joined=joined)
    typed = {"uri": "a", "type": {"schemaTitle": "Examples"}}
    wanted = {"inputs": {"artifacts": {"examples": {"artifacts": [typed]}}}}
    assert with_types(given) == arguments(wanted, joined=joined)


def test_a_type_that_is_there_stays():
    typed = {"uri": "a", "type": {"schemaTitle": "Model"}}
    given = {"inputs": {"artifacts": {"examples": {"artifacts": [typed]}}}}
    assert with_types(arguments(given, joined=False)) == arguments(given, joined=False)


def test_arguments_without_a_declaration_stay():
    given = ["entry", "--json_serialized_invocation_args", json.dumps(REQUEST)]
    assert with_types(given) == given
