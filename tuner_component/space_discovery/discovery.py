"""Finds every hyperparameter that a `build_model(hp)` can ask for.

Hyperparameters under `hp.conditional_scope` say when they are active. Those behind
a plain `if` or `for i in range(hp.Int("num_layers", 1, 3))` do not: building the
model for other values of what was already found shows which appear when.
"""

from __future__ import annotations

import dataclasses
import json
import random
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from tuner_component.errors import (
    InfeasibleTrialError,
    PreflightError,
    SearchSpaceError,
)
from tuner_component.search_space.wiring import Wiring, is_wiring, wirings
from tuner_component.space_discovery.entries import (
    alternatives,
    is_wired,
    with_conditions,
)

_MAX_BUILDS = 200
_MAX_TOGETHER = 8
_MAX_DRAWS, _LEAST_SECONDS = 200, 5.0


@dataclasses.dataclass(frozen=True)
class Discovery:
    """A search space as found.

    Attributes:
        config: `HyperParameters.get_config()`, with the conditions that were
            found out added to those that the code declares.
        complete: False when time ran out before every value was tried.
        num_builds: How often the model was built.
        values: Values for which the model can be built: none, that is the defaults,
            or where the code calls those infeasible, the first others found.
    """

    config: dict[str, Any]
    complete: bool
    num_builds: int
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)


Build = Callable[[Any], Any]


def discover(build: Build, max_seconds: float = 10.0) -> Discovery:
    """Builds the model for other values until nothing new appears.

    Args:
        build: Called with a `HyperParameters`; may raise for values that make no
            valid model, except for the default ones; if those are infeasible, some
            others must not be.
        max_seconds: When to stop looking.

    Raises:
        PreflightError: If all that could be built in this time are infeasible.
        SearchSpaceError: If an architecture cannot be built as it is described.
    """
    import keras_tuner  # noqa: F401 - its import takes seconds, which do not count

    return _Explorer(build, time.monotonic() + max_seconds).run()


class _Explorer:
    def __init__(self, build: Build, deadline: float) -> None:
        self.build, self.deadline = build, deadline
        self.found: dict[str, dict[str, Any]] = {}
        self.appears: dict[str, dict[str, list[Any]]] = {}
        self.queued: set[str] = set()
        self.num_builds = 0
        self.feasible: Mapping[str, Any] | None = None
        self.infeasible = ""

    def run(self) -> Discovery:
        complete = self._vary_all(self._unseen({}, self._names({})[0]))
        complete = complete and self._vary_together()
        feasible = self._some_feasible()
        return Discovery(self._config(), complete, self.num_builds, feasible)

    def _vary_all(self, queue: list[tuple[dict[str, Any], str]]) -> bool:
        """Varies what was found, and what is found by that; False if time ran out."""
        while queue:
            context, name = queue.pop(0)
            if self._is_over():
                return False
            queue += self._vary(context, name)
        return True

    def _vary_together(self) -> bool:
        """Looks for what needs values of several hyperparameters at once.

        A few random combinations find what two Booleans decide together; what needs
        rarer ones joins the space when a trial asks for it.
        """
        varied = {n: v for n, e in self.found.items() if len(v := alternatives(e)) > 1}
        if len(varied) < 2 or any(is_wired(entry) for entry in self.found.values()):
            return True
        draws = random.Random(0)
        for _ in range(_MAX_TOGETHER):
            if self._is_over():
                return False
            known, context = set(self.found), {}
            for name, values in varied.items():
                context[self.found[name]["config"]["name"]] = draws.choice(values)
            active = self._try(context)
            new = set(self.found) - known
            if new and active:
                queue = self._unseen(context, active)
                for name in varied:
                    queue += self._vary(context, name, only=new)
                if not self._vary_all(queue):
                    return False
        return True

    def _is_over(self) -> bool:
        return time.monotonic() > self.deadline or self.num_builds >= _MAX_BUILDS

    def _some_feasible(self) -> Mapping[str, Any]:
        """Returns values of a feasible model, random ones if all so far were not."""
        import keras_tuner

        space = keras_tuner.HyperParameters.from_config(self._config()).space
        deadline = max(self.deadline, time.monotonic() + _LEAST_SECONDS)
        for draw in range(_MAX_DRAWS):
            if self.feasible is not None or time.monotonic() > deadline:
                break
            self._try({each.name: each.random_sample(draw) for each in space})
        if self.feasible is None:
            raise PreflightError(
                f"Each of the {self.num_builds} models that build_model returned for "
                "different hyperparameters is infeasible. That of the default ones: "
                f"{self.infeasible} Raise the limit, or offer smaller architectures."
            )
        return self.feasible

    def _vary(
        self, context: Mapping[str, Any], name: str, only: Collection[str] | None = None
    ) -> list[tuple[dict[str, Any], str]]:
        """Builds for every value of one hyperparameter; returns what is new.

        Args:
            context: The values of others.
            name: The hyperparameter.
            only: Of what it is noted when it appears; None: of all.
        """
        parameter = self.found[name]["config"]
        if is_wiring(parameter.get("value")):
            return self._vary_wired(context, parameter["name"], parameter["value"])
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
            is_asked = other != name and (only is None or other in only)
            if is_asked and len(having) < len(values) - len(failed):
                self.appears.setdefault(other, {}).setdefault(name, having + failed)
        return new

    def _vary_wired(
        self, context: Mapping[str, Any], name: str, text: str
    ) -> list[tuple[dict[str, Any], str]]:
        """Builds so many architectures that each operation was in each place.

        What they ask for beyond is taken to be always active.
        """
        owned = Wiring.from_text(name, text).names
        places = [e for e in self.found.values() if e["config"]["name"] in owned]
        lists = [alternatives(entry) or [None] for entry in places]
        new: list[tuple[dict[str, Any], str]] = []
        for turn in range(max(map(len, lists), default=0)):
            values = {**context}
            for place, (entry, options) in enumerate(zip(places, lists, strict=True)):
                is_number = entry["class_name"] == "Int"
                value = options[-1 if is_number else (turn + place) % len(options)]
                if value is not None:
                    values[entry["config"]["name"]] = value
            new += self._unseen(values, self._try(values) or set())
        return new

    def _unseen(
        self, context: dict[str, Any], active: set[str]
    ) -> list[tuple[dict[str, Any], str]]:
        """Returns what has not been queued yet, with the values that lead to it."""
        names = [name for name in self.found if name in active - self.queued]
        self.queued.update(names)
        entries = [entry["config"] for entry in self.found.values()]
        given = [(each["name"], each.get("value")) for each in entries]
        owned = {name for each in wirings(given) for name in each.names}
        return [
            (context, name)
            for name in names
            if self.found[name]["config"]["name"] not in owned
        ]

    def _values(self, context: Mapping[str, Any], name: str) -> list[Any]:
        values = alternatives(self.found[name])
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
            names, is_feasible = self._names(values)
            return names if is_feasible else None
        except SearchSpaceError:
            raise
        except Exception:  # noqa: BLE001 - an invalid combination: a trial says so
            return None

    def _names(self, values: Mapping[str, Any]) -> tuple[set[str], bool]:
        """Returns what a model asks for, and whether it is feasible."""
        import keras_tuner

        hp = keras_tuner.HyperParameters()
        hp.values = dict(values)
        self.num_builds += 1
        is_feasible = self._is_feasible(hp)
        if is_feasible and self.feasible is None:
            self.feasible = dict(values)
        config = json.loads(json.dumps(hp.get_config()))
        names = set()
        for entry in config["space"]:
            key = json.dumps([entry["config"]["name"], entry["config"]["conditions"]])
            self.found.setdefault(key, entry)
            names.add(key)
        return names, is_feasible

    def _is_feasible(self, hp: Any) -> bool:
        try:
            self.build(hp)
        except InfeasibleTrialError as error:
            self.infeasible = self.infeasible or str(error)
            return False
        return True

    def _config(self) -> dict[str, Any]:
        return with_conditions(self.found, self.appears)
