"""Runs a compiled pipeline's containers as subprocesses, as KFP v2's launcher would.

Each step gets an ExecutorInput, with its placeholders filled in, and its executor output
is read back. What differs between Vertex AI and open-source Kubeflow Pipelines is kept:
the latter gives input artifacts no type and an output file that only the pod sees.
Conditions, exit handlers and retries are not emulated.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kubeflow.pipeline_spec import PipelineSpec, legacy

_PLACEHOLDER = re.compile(r"\{\{(\$[^}]*)\}\}")
_FIELD = re.compile(
    r"\$\.(?P<side>inputs|outputs)\.(?P<kind>artifacts|parameters)\['(?P<key>[^']+)'\]"
    r"(?:\.(?P<attribute>uri|path|output_file)|\.metadata\['(?P<metadata>[^']+)'\])?"
)


class StepFailedError(Exception):
    """A step's container ended with an error; holds the end of its log."""


@dataclasses.dataclass(frozen=True)
class Step:
    """A step that has run.

    Attributes:
        artifacts: Output key to artifacts, as the launcher hands them on.
        parameters: Output key to value.
        log: What the container printed.
    """

    artifacts: Mapping[str, list[dict[str, Any]]]
    parameters: Mapping[str, Any]
    log: str


class Launcher:
    """Runs one pipeline once.

    Args:
        spec: The compiled pipeline.
        root: Stands for the object store; the run's outputs go below it.
        environment: Variables of every container beside this process's own.
        open_source: Whether to behave as open-source Kubeflow, not as Vertex.
        artifacts: The run's own input artifacts: name to URI.
    """

    def __init__(
        self,
        spec: PipelineSpec,
        root: Path,
        environment: Mapping[str, str] | None = None,
        *,
        open_source: bool = False,
        artifacts: Mapping[str, str] | None = None,
    ) -> None:
        self._spec, self._is_open_source = spec, open_source
        self._environment = {**os.environ, **(environment or {})}
        name = spec.body["pipelineInfo"]["name"]
        self._job = f"{name}-{uuid.uuid4().hex[:8]}"
        self._folder = root / self._job
        self._steps: dict[str, Step] = {}
        self._given = artifacts or {}

    def run(self, done: Mapping[str, Step] | None = None) -> Mapping[str, Step]:
        """Returns the steps by name; those that are `done` are taken from a cache.

        Raises:
            StepFailedError: If a container ends with an error.
        """
        self._steps |= done or {}
        for task in self._spec.order():
            if task not in self._steps:
                self._steps[task] = self._run(task)
        return self._steps

    def _run(self, task: str) -> Step:
        folder = self._folder / f"{task}_{uuid.uuid4().int >> 65}"
        folder.mkdir(parents=True)
        request = self._executor_input(task, folder)
        executor = self._spec.executor(task)
        if "importer" in executor:
            return self._import(task, request, executor["importer"])
        container = executor["container"]
        hook = container.get("lifecycle", {}).get("preCacheCheck")
        if hook and not self._is_open_source:
            self._start(f"{task}.driver", folder, hook, request)
        log = self._start(task, folder, container, request)
        return _step(request, log)

    def _import(
        self, task: str, request: Mapping[str, Any], importer: Mapping[str, Any]
    ) -> Step:
        (key,) = self._spec.component(task)["outputDefinitions"]["artifacts"]
        (artifact,) = request["outputs"]["artifacts"][key]["artifacts"]
        uri = self._spec.constant(importer["artifactUri"])
        metadata = importer.get("metadata", {})
        return Step({key: [{**artifact, "uri": uri, "metadata": metadata}]}, {}, "")

    def _executor_input(self, task: str, folder: Path) -> dict[str, Any]:
        values = self._parameters(task)
        inputs: dict[str, Any] = {"artifacts": self._input_artifacts(task)}
        if self._spec.is_legacy:
            inputs["parameters"] = {key: legacy(one) for key, one in values.items()}
        else:
            inputs["parameterValues"] = values
        declared = self._spec.component(task).get("outputDefinitions", {})
        output_file = folder / "executor_output.json"
        if self._is_open_source:
            output_file = folder / "pod" / "kfp_outputs" / "output_metadata.json"
            output_file.parent.mkdir(parents=True)
        return {
            "inputs": inputs,
            "outputs": {
                "artifacts": {
                    key: {"artifacts": [_artifact(folder / key, one)]}
                    for key, one in declared.get("artifacts", {}).items()
                },
                "parameters": {
                    key: {"outputFile": str(folder / key)}
                    for key in declared.get("parameters", {})
                },
                "outputFile": str(output_file),
            },
        }

    def _input_artifacts(self, task: str) -> dict[str, Any]:
        found = {}
        given = self._spec.tasks[task].get("inputs", {}).get("artifacts", {})
        for key, one in given.items():
            if "componentInputArtifact" in one:
                uri = self._given[one["componentInputArtifact"]]
                found[key] = {"artifacts": [{"name": key, "uri": uri}]}
                continue
            source = one["taskOutputArtifact"]
            artifacts = self._steps[source["producerTask"]].artifacts
            found[key] = {"artifacts": artifacts[source["outputArtifactKey"]]}
        if not self._is_open_source:
            return found
        return {
            key: {"artifacts": [_without_type(one) for one in value["artifacts"]]}
            for key, value in found.items()
        }

    def _parameters(self, task: str) -> dict[str, Any]:
        declared = self._spec.component(task).get("inputDefinitions", {})
        kinds = declared.get("parameters", {})
        given = self._spec.tasks[task].get("inputs", {}).get("parameters", {})
        values = {
            key: one["defaultValue"]
            for key, one in kinds.items()
            if "defaultValue" in one
        }
        for key, source in given.items():
            value = self._value(source)
            kind = kinds.get(key, {})
            if kind.get("parameterType", kind.get("type")) in ("NUMBER_INTEGER", "INT"):
                value = int(value)
            values[key] = value
        return values

    def _value(self, source: Mapping[str, Any]) -> Any:
        produced = source.get("taskOutputParameter")
        if produced is None:
            return self._spec.constant(source)
        step = self._steps[produced["producerTask"]]
        return step.parameters[produced["outputParameterKey"]]

    def _start(
        self,
        name: str,
        folder: Path,
        container: Mapping[str, Any],
        request: Mapping[str, Any],
    ) -> str:
        """Runs a container's command; returns what it printed."""
        parts = [*container.get("command", ()), *container.get("args", ())]
        command = [self._filled(part, request) for part in parts]
        if command[0] in ("python", "python3"):
            command[0] = sys.executable
        done = subprocess.run(
            command,
            cwd=folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        (folder / f"{name}.log").write_text(done.stdout)
        if done.returncode:
            raise StepFailedError(
                f"{name} ended with {done.returncode}:\n{done.stdout[-3000:]}"
            )
        return done.stdout

    def _filled(self, text: str, request: Mapping[str, Any]) -> str:
        return _PLACEHOLDER.sub(lambda found: self._place(found[1], request), text)

    def _place(self, name: str, request: Mapping[str, Any]) -> str:
        if name == "$":
            return json.dumps(request)
        if name in ("$.pipeline_job_name", "$.pipeline_job_uuid"):
            return self._job
        if name == "$.outputs.output_file":
            return str(request["outputs"]["outputFile"])
        field = _FIELD.fullmatch(name)
        if field is None:
            raise ValueError(f"The launcher does not know the placeholder {name}.")
        values = request[field["side"]]
        if field["kind"] == "parameters":
            return _parameter_place(values, field)
        (artifact,) = values["artifacts"][field["key"]]["artifacts"]
        if field["metadata"]:
            return str(artifact["metadata"][field["metadata"]])
        return str(artifact["uri"])


def _parameter_place(values: Mapping[str, Any], field: re.Match[str]) -> str:
    if field["side"] == "outputs":
        return str(values["parameters"][field["key"]]["outputFile"])
    if "parameterValues" in values:
        return str(values["parameterValues"][field["key"]])
    (value,) = values["parameters"][field["key"]].values()
    return str(value)


def _artifact(path: Path, declared: Mapping[str, Any]) -> dict[str, Any]:
    """Returns an output artifact; its folder is not made, nor does KFP make it."""
    return {
        "name": f"artifacts/{uuid.uuid4().int >> 64}",
        "uri": str(path),
        "type": declared["artifactType"],
        "metadata": dict(declared.get("metadata", {})),
    }


def _without_type(artifact: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in artifact.items() if key != "type"}


def _step(request: Mapping[str, Any], log: str) -> Step:
    """Returns the outputs as the launcher merges them: URI and metadata may change."""
    outputs = request["outputs"]
    file = Path(outputs["outputFile"])
    answer = json.loads(file.read_text()) if file.exists() else {}
    artifacts = {key: one["artifacts"] for key, one in outputs["artifacts"].items()}
    for key, given in answer.get("artifacts", {}).items():
        for ours, theirs in zip(artifacts[key], given["artifacts"], strict=True):
            ours["uri"] = theirs.get("uri", ours["uri"])
            ours["metadata"] = {**ours["metadata"], **theirs.get("metadata", {})}
    parameters = dict(answer.get("parameterValues", {}))
    for key, one in outputs["parameters"].items():
        written = Path(one["outputFile"])
        if key not in parameters and written.exists():
            parameters[key] = written.read_text()
    return Step(artifacts, parameters, log)
