"""A compiled pipeline as data: its steps in order, and what they are given."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


@dataclasses.dataclass(frozen=True)
class PipelineSpec:
    """A PipelineSpec, or a Vertex PipelineJob around one.

    Attributes:
        body: The PipelineSpec as JSON.
        parameters: The run's parameters, defaults included.
    """

    body: Mapping[str, Any]
    parameters: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> PipelineSpec:
        """Reads JSON or YAML, which holds JSON."""
        document = yaml.safe_load(path.read_text())
        body = document.get("pipelineSpec", document)
        runtime = document.get("runtimeConfig", {})
        declared = body["root"].get("inputDefinitions", {}).get("parameters", {})
        defaults = {
            name: _plain(one["defaultValue"])
            for name, one in declared.items()
            if "defaultValue" in one
        }
        given = {**runtime.get("parameters", {}), **runtime.get("parameterValues", {})}
        plain = {name: _plain(value) for name, value in given.items()}
        return cls(body, {**defaults, **plain})

    @property
    def is_legacy(self) -> bool:
        """Whether it has schema 2.0, which Vertex takes, and not 2.1."""
        return str(self.body.get("schemaVersion", "2.0.0")).startswith("2.0")

    @property
    def tasks(self) -> Mapping[str, Any]:
        tasks: Mapping[str, Any] = self.body["root"]["dag"]["tasks"]
        return tasks

    def component(self, task: str) -> Mapping[str, Any]:
        name = self.tasks[task]["componentRef"]["name"]
        component: Mapping[str, Any] = self.body["components"][name]
        return component

    def executor(self, task: str) -> Mapping[str, Any]:
        executors = self.body["deploymentSpec"]["executors"]
        executor: Mapping[str, Any] = executors[self.component(task)["executorLabel"]]
        return executor

    def order(self) -> list[str]:
        """Returns the tasks so that each comes after those it depends on."""
        left, ordered = dict(self.tasks), list[str]()
        while left:
            ready = [name for name in left if not self.upstream(name) & left.keys()]
            if not ready:
                raise ValueError(f"The tasks {sorted(left)} wait for each other.")
            ordered += ready
            for name in ready:
                del left[name]
        return ordered

    def upstream(self, task: str) -> set[str]:
        """Returns the tasks whose outputs a task takes, or that it waits for."""
        inputs = self.tasks[task].get("inputs", {})
        sources = [
            one.get("taskOutputArtifact") or one.get("taskOutputParameter") or {}
            for kind in ("artifacts", "parameters")
            for one in inputs.get(kind, {}).values()
        ]
        producers = {one["producerTask"] for one in sources if one}
        return producers | set(self.tasks[task].get("dependentTasks", ()))

    def constant(self, source: Mapping[str, Any]) -> Any:
        """Returns a parameter's value that no task produces."""
        if "componentInputParameter" in source:
            return self.parameters[source["componentInputParameter"]]
        value = source.get("runtimeValue", source)
        if "runtimeParameter" in value:
            return self.parameters[value["runtimeParameter"]]
        return _plain(value.get("constant", value.get("constantValue")))


def legacy(value: Any) -> dict[str, Any]:
    """Returns a plain value as schema 2.0 writes it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)}


def _plain(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "intValue" in value:
        return int(value["intValue"])
    return value.get("doubleValue", value.get("stringValue"))
