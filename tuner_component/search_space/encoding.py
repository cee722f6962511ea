"""Configurations of a space as rows of numbers, many at a time."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.search_space.columns import Array, Column, column
from tuner_component.search_space.parameter import Condition, Parameter
from tuner_component.search_space.space import SearchSpace
from tuner_component.trial import Value


class Encoding:
    """Translates between configurations, codes and features.

    Codes have one column a parameter: what `Column` says, NaN where the parameter is
    inactive. Features are what distances are measured on.

    Args:
        space: The space.

    Attributes:
        columns: One a parameter.
        owner: The index of the parameter that each feature belongs to, shape
            `(num_features,)`.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self.columns: Sequence[Column] = [column(p) for p in space.parameters]
        sizes = [each.num_features for each in self.columns]
        self.owner: npt.NDArray[np.int64] = np.repeat(np.arange(len(sizes)), sizes)
        self._indices = {id(p): index for index, p in enumerate(space.parameters)}
        self._named: dict[str, list[int]] = {}
        self._rivals: list[list[int]] = []
        for index, parameter in enumerate(space.parameters):
            same = self._named.setdefault(parameter.name, [])
            self._rivals.append(list(same))
            same.append(index)

    def codes(self, values: Mapping[str, Value]) -> Array:
        """Returns the codes of what a trial with these values tried.

        Args:
            values: As in `SearchSpace.complete`.

        Returns:
            Shape `(num_parameters,)`.
        """
        row = np.full(len(self.columns), np.nan)

        def note(parameter: Parameter) -> Value:
            given: Value = values.get(parameter.name, parameter.default)
            own = parameter.canonical(given)
            index = self._indices[id(parameter)]
            code = parameter.default if own is None else own
            row[index] = self.columns[index].code(code)
            return given if own is None else own

        self._space.build(note)
        return row

    def values(self, codes: Array) -> dict[str, Value]:
        """Returns the configuration of a row of codes, shape `(num_parameters,)`.

        A parameter that is active without having a code gets its default.
        """
        return _decoded(self.columns, codes)

    def allowed(self, codes: Array) -> npt.NDArray[np.bool_]:
        """Returns which rows of codes fulfil the constraints.

        Only what the constraints depend on is decoded, and equal rows of it once: most
        of what is asked for differs from the next in a parameter that no constraint
        names.

        Args:
            codes: Shape `(n, num_parameters)`.

        Returns:
            Shape `(n,)`.
        """
        columns = [self.columns[index] for index in self._constrained]
        found: dict[bytes, bool] = {}
        rows = np.ascontiguousarray(codes[:, self._constrained])
        keys = [row.tobytes() for row in rows]
        for key, row in zip(keys, rows, strict=True):
            if key not in found:
                found[key] = self._space.allows(_decoded(columns, row))
        return np.fromiter((found[key] for key in keys), bool, len(keys))

    @functools.cached_property
    def _constrained(self) -> list[int]:
        """The parameters that constraints name, and those that activate them."""
        names = {name for each in self._space.constraints for name in each.names}
        indices = []
        for index in reversed(range(len(self.columns))):
            parameter = self.columns[index].parameter
            if parameter.name in names:
                indices.append(index)
                names |= {condition.parent for condition in parameter.conditions}
        return indices[::-1]

    def features(self, codes: Array) -> Array:
        """Returns the features of rows of codes, shape `(n, num_features)`."""
        if not len(self.owner):
            return np.zeros((len(codes), 0))
        parts = [each.features(codes[:, i]) for i, each in enumerate(self.columns)]
        return np.concatenate(parts, axis=1)

    def sample(self, shares: Array) -> Array:
        """Returns the codes of random configurations.

        Args:
            shares: Uniform in 0..1, 1 excluded, shape `(n, num_parameters)`.

        Returns:
            Codes distributed like `SearchSpace.sample`, of the same shape.
        """
        drawn = [each.quantile(shares[:, i]) for i, each in enumerate(self.columns)]
        return self.settle(np.stack(drawn, axis=1)) if drawn else shares

    def settle(self, codes: Array, fill: Array | None = None) -> Array:
        """Returns the codes with NaN exactly where a parameter is inactive.

        Args:
            codes: Shape `(n, num_parameters)`.
            fill: Codes of the same shape for parameters that are active now but
                have no code; None: such parameters stay NaN.
        """
        settled = codes if fill is None else np.where(np.isnan(codes), fill, codes)
        settled = settled.copy()
        for index, each in enumerate(self.columns):
            conditions = each.parameter.conditions
            rivals = self._rivals[index]
            if not conditions and not rivals:
                continue
            active = np.ones(len(settled), bool)
            for condition in conditions:
                active &= self._holds(condition, settled, index)
            for rival in rivals:
                active &= np.isnan(settled[:, rival])
            settled[~active, index] = np.nan
        return settled

    def _holds(
        self, condition: Condition, settled: Array, before: int
    ) -> npt.NDArray[np.bool_]:
        holds = np.zeros(len(settled), bool)
        for index in self._named[condition.parent]:
            if index < before:
                each = self.columns[index]
                known = map(each.parameter.canonical, condition.values)
                codes = [each.code(value) for value in known if value is not None]
                holds |= np.isin(settled[:, index], codes)
        return holds


def _decoded(columns: Sequence[Column], codes: Array) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for each, code in zip(columns, codes.tolist(), strict=True):
        parameter = each.parameter
        if parameter.name not in values and parameter.is_active(values):
            known = code == code  # not NaN
            values[parameter.name] = each.value(code) if known else parameter.default
    return values
