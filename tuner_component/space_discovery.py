"""Finds every hyperparameter that a `build_model(hp)` can ask for.

Hyperparameters under `hp.conditional_scope` say when they are active. Those behind
a plain `if` or `for i in range(hp.Int("num_layers", 1, 3))` do not: building the
model for other values of what was already found shows which appear when.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_MAX_VALUES = 32
_MAX_BUILDS = 200


@dataclasses.dataclass(frozen=True)
class Discovery:
    """A search space as found.

    Attributes:
        config: `HyperParameters.get_config()`, with the conditions that were
            found out added to those that the code declares.
        complete: False when time ran out before every value was tried.
        num_builds: How often the model was built.
    """

    config: dict[str, Any]
    complete: bool
    num_builds: int


Build = Callable[[Any], Any]


def discover(build: Build, max_seconds: float = 10.0) -> Discovery:
    """Builds the model for other values until nothing new appears.

    Args:
        build: Called with a `HyperParameters`; may raise for values that make no
            valid model, except for the default ones.
        max_seconds: When to stop looking.
    """
    return _Explorer(build, time.monotonic() + max_seconds).run()


class _Explorer:
    def __init__(self, build: Build, deadline: float) -> None:
        self.build, self.deadline = build, deadline
        self.found: dict[str, dict[str, Any]] = {}
        self.appears: dict[str, dict[str, list[Any]]] = {}
        self.queued: set[str] = set()
        self.num_builds = 0

    def run(self) -> Discovery:
        queue = self._unseen({}, self._names({}))
        complete = True
        while queue:
            context, name = queue.pop(0)
            if time.monotonic() > self.deadline or self.num_builds >= _MAX_BUILDS:
                complete = False
                break
            queue += self._vary(context, name)
        return Discovery(self._config(), complete, self.num_builds)

    def _vary(
        self, context: Mapping[str, Any], name: str
    ) -> list[tuple[dict[str, Any], str]]:
        """Builds for every value of one hyperparameter; returns what is new."""
        parameter = self.found[name]["config"]
        values = self._values(context, name)
        present: dict[str, list[Any]] = {}
        failed: list[Any] = []
        new: list[tuple[dict[str, Any], str]] = []
        for value in values:
            active = self._try({**context, parameter["name"]: value})
            if active is None:
                failed.append(value)
                continue
            new += self._unseen({**context, parameter["name"]: value}, active)
            for other in active:
                present.setdefault(other, []).append(value)
        for other, having in present.items():
            if other != name and len(having) < len(values) - len(failed):
                self.appears.setdefault(other, {}).setdefault(name, having + failed)
        return new

    def _unseen(
        self, context: dict[str, Any], active: set[str]
    ) -> list[tuple[dict[str, Any], str]]:
        """Returns what has not been queued yet, with the values that lead to it."""
        names = [name for name in self.found if name in active - self.queued]
        self.queued.update(names)
        return [(context, name) for name in names]

    def _values(self, context: Mapping[str, Any], name: str) -> list[Any]:
        values = _alternatives(self.found[name])
        if self.found[name]["class_name"] == "Int" and len(values) > 2:
            ends = [
                self._try({**context, self.found[name]["config"]["name"]: value})
                for value in (values[0], values[-1])
            ]
            if ends[0] == ends[1]:
                return []
        return values

    def _try(self, values: Mapping[str, Any]) -> set[str] | None:
        try:
            return self._names(values)
        except Exception:  # noqa: BLE001 - an invalid combination: a trial says so
            return None

    def _names(self, values: Mapping[str, Any]) -> set[str]:
        import keras_tuner

        hp = keras_tuner.HyperParameters()
        hp.values = dict(values)
        self.num_builds += 1
        self.build(hp)
        config = json.loads(json.dumps(hp.get_config()))
        names = set()
        for entry in config["space"]:
            key = json.dumps([entry["config"]["name"], entry["config"]["conditions"]])
            self.found.setdefault(key, entry)
            names.add(key)
        return names

    def _config(self) -> dict[str, Any]:
        space = []
        for key, entry in _parents_first(self.found, self.appears):
            conditions = [
                {
                    "class_name": "Parent",
                    "config": {
                        "name": self.found[parent]["config"]["name"],
                        "values": values,
                    },
                }
                for parent, values in self.appears.get(key, {}).items()
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


def _alternatives(entry: Mapping[str, Any]) -> list[Any]:
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
