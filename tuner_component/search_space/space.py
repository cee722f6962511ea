"""The search space: parameters in order, and what can be asked of them."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space import json_form
from tuner_component.search_space.categorical import Fixed
from tuner_component.search_space.configurations import Configurations
from tuner_component.search_space.consistency import (
    check_parents,
    check_reached,
    check_repeats,
    check_values,
)
from tuner_component.search_space.constraint import Constraint
from tuner_component.search_space.feasibility import sample, some_allowed, starts
from tuner_component.search_space.kinds import check_kinds
from tuner_component.search_space.nearest import nearest_to_defaults
from tuner_component.search_space.parameter import Parameter
from tuner_component.search_space.wiring import Wiring, wirings
from tuner_component.trial import Value


@dataclasses.dataclass(frozen=True)
class SearchSpace:
    """Parameters, some of which exist only under conditions.

    A configuration gives a value to every active parameter, and to no other. It is
    built in the order of the parameters: one is active if its name is not taken yet
    and its conditions hold for the values so far.

    Attributes:
        parameters: Parents before children. A name may come again under other
            conditions.
        constraints: What a configuration must fulfil to be tried; texts become
            `Constraint`s.

    Raises:
        SearchSpaceError: If a parameter is listed twice or can never be active, if a
            constraint is not understood, or if nothing fulfils them all.
    """

    parameters: tuple[Parameter, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", tuple(self.parameters))
        object.__setattr__(self, "constraints", tuple(map(_read, self.constraints)))
        check_repeats(self.parameters)
        check_parents(self.parameters)
        for constraint in self.constraints:
            check_kinds(constraint, self.parameters)
        check_reached(self.parameters, self._all.reached)
        if self.constraints:
            some_allowed(self)

    def check(self) -> None:
        """Raises if there is nothing to search.

        Raises:
            SearchSpaceError: If the space has no parameters at all.
        """
        if not self.parameters:
            raise SearchSpaceError(
                "The search space is empty: received no hyperparameters; expected at "
                "least one. Ask for one in your model code, for example "
                'hp.Float("learning_rate", 1e-4, 1e-1, sampling="log").'
            )

    def allows(self, values: Mapping[str, Value]) -> bool:
        """Returns whether a configuration fulfils all constraints.

        Args:
            values: The values of the active parameters.
        """
        return all(constraint.holds(values) for constraint in self.constraints)

    def sample(self, rng: np.random.Generator) -> dict[str, Value]:
        """Returns a random allowed configuration, drawn parent by parent."""
        return sample(self, rng) if self.constraints else self.draw(rng)

    def draw(self, rng: np.random.Generator) -> dict[str, Value]:
        """Returns a random configuration, allowed or not."""
        return self.build(lambda parameter: parameter.sample(rng))

    def defaults(self) -> dict[str, Value]:
        """Returns the configuration of default values, or the nearest allowed one."""
        return dict(self._defaults)

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Returns the configuration that a trial with these `values` tried.

        Values take their parameter's form; those of inactive or unknown parameters
        are left out. A missing one is the default: that is what the model got when
        it ran before the parameter was known.
        """

        def known(parameter: Parameter) -> Value:
            given = values.get(parameter.name, parameter.default)
            own = parameter.canonical(given)
            return given if own is None else own

        return self.build(known)

    def active(self, values: Mapping[str, Value]) -> tuple[Parameter, ...]:
        """Returns the parameters that `values` activate, in order."""
        chosen: list[Parameter] = []

        def note(parameter: Parameter) -> Value:
            chosen.append(parameter)
            value: Value = values.get(parameter.name, parameter.default)
            return value

        self.build(note)
        return tuple(chosen)

    def build(self, choose: Callable[[Parameter], Value]) -> dict[str, Value]:
        """Returns the configuration whose values `choose` gives.

        Args:
            choose: Called for each active parameter, parents before children;
                returns one of its values.
        """
        values: dict[str, Value] = {}
        for parameter in self.parameters:
            if parameter.name not in values and parameter.is_active(values):
                values[parameter.name] = choose(parameter)
        return values

    def check_values(self, values: Mapping[str, Value]) -> None:
        """Raises unless `values` is a configuration of this space.

        Raises:
            SearchSpaceError: Says which name is unknown, inactive or missing, or
                which value is out of range.
        """
        check_values(values, self.parameters, self.active(values))

    def size(self, grid_points: int | None = None) -> int | None:
        """Returns the number of allowed configurations.

        None if there is no end of them, or if constraints tie so many values that
        they cannot be counted.

        Args:
            grid_points: How many values a continuous parameter counts for; None:
                there is no end of them.
        """
        return self.configurations(grid_points).size

    def enumerate(self, grid_points: int | None = None) -> Iterator[dict[str, Value]]:
        """Returns every allowed configuration once, lazily, in the same order.

        Args:
            grid_points: How many values a continuous parameter gets.

        Raises:
            SearchSpaceError: If `size` is None.
        """
        return iter(self.configurations(grid_points))

    def unrank(self, index: int) -> dict[str, Value]:
        """Returns the configuration at `index` of `enumerate()`.

        Raises:
            IndexError: If there are not so many, or `size` is None.
        """
        return self._all[index]

    def configurations(self, grid_points: int | None = None) -> Configurations:
        """Returns all allowed configurations, numbered.

        Args:
            grid_points: How many values a continuous parameter gets, >= 1; None:
                there is no end of them.
        """
        if grid_points is None:
            return self._all
        return Configurations(self.parameters, grid_points, self.constraints)

    def key(self, values: Mapping[str, Value]) -> str:
        """Returns a text that is the same for equal configurations only.

        Configurations that differ in nothing but how they write down the same
        architecture are equal.
        """
        complete = self.complete(values)
        for each in self.wirings:
            complete = each.replaced(complete)
        return json.dumps(complete, sort_keys=True)

    @functools.cached_property
    def wirings(self) -> tuple[Wiring, ...]:
        """The architectures in the space: where several configurations are one."""
        fixed = [p for p in self.parameters if isinstance(p, Fixed)]
        return wirings((parameter.name, parameter.value) for parameter in fixed)

    def to_json(self) -> dict[str, Any]:
        """Returns the space as a JSON object, with the version of its form."""
        return json_form.to_json(self.parameters, self.constraints)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SearchSpace:
        """Reads what `to_json` returned.

        Raises:
            SearchSpaceError: If it is not a space of a version known here.
        """
        return cls(*json_form.from_json(data))

    def fingerprint(self) -> str:
        """Returns the SHA-256 of the space, in hexadecimal.

        The order of the parameters does not count, but for those of one name, the
        first active of which gives the value. Nor does the order of the constraints.
        """
        return json_form.fingerprint(self.parameters, self.constraints)

    def merge(self, other: SearchSpace) -> SearchSpace:
        """Returns this space with the parameters that only `other` has, at the end.

        A parameter is the same if its name and conditions are; this space's
        definition of it stays. The constraints of both hold.
        """
        known = {(p.name, p.conditions) for p in self.parameters}
        added = [p for p in other.parameters if (p.name, p.conditions) not in known]
        constraints = dict.fromkeys((*self.constraints, *other.constraints))
        return SearchSpace((*self.parameters, *added), tuple(constraints))

    @functools.cached_property
    def starts(self) -> Sequence[Mapping[str, Value]]:
        """A few allowed configurations, where search in a tight space can start."""
        return starts(self)

    @functools.cached_property
    def _all(self) -> Configurations:
        return Configurations(self.parameters, constraints=self.constraints)

    @functools.cached_property
    def _defaults(self) -> dict[str, Value]:
        return nearest_to_defaults(self)


def _read(constraint: Constraint | str) -> Constraint:
    return Constraint(constraint) if isinstance(constraint, str) else constraint
