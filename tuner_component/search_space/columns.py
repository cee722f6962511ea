"""One parameter as a column of numbers.

The number, or code, of a numeric value is its position on the sampling scale, from 0
(the least value) to 1 (the greatest). Ordered choices are evenly spaced in ascending
order. Booleans and choices without order are numbered from 0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.search_space.categorical import Choice
from tuner_component.search_space.integer import Int
from tuner_component.search_space.parameter import Parameter
from tuner_component.search_space.real import Float
from tuner_component.trial import Value

Array = npt.NDArray[np.float64]

_MAX_LISTED = 4096
"""Values beyond which a number is handled like a continuous one."""


@dataclasses.dataclass(frozen=True, eq=False)
class Column:
    """The codes of one parameter.

    Attributes:
        parameter: The parameter.
        values: Its values in the order of their codes; None: too many to list.
        codes: Their codes, ascending, shape `(num_values,)`; without a list, the
            least and the greatest code.
        is_ordered: Whether values with similar codes are alike.
    """

    parameter: Parameter
    values: Sequence[Value] | None
    codes: Array
    is_ordered: bool

    @property
    def num_features(self) -> int:
        """How many features tell its values apart: 0 for a single value."""
        if self.is_ordered or len(self.codes) <= 2:
            return min(len(self.codes) - 1, 1)
        return len(self.codes)

    def code(self, value: Value) -> float:
        """Returns the code of a canonical value."""
        if self.values is None:
            return self.parameter.encode(value)
        if value in self.values:
            return float(self.codes[self.values.index(value)])
        # A default between two steps.
        ascending = np.array(self.values, float)
        return float(np.interp(float(value), ascending, self.codes))

    def value(self, code: float) -> Value:
        """Returns the value with this code, or the nearest."""
        if self.values is None:
            return self.parameter.decode(code)
        return self.values[int(np.abs(self.codes - code).argmin())]

    def nearest(self, numbers: Array) -> Array:
        """Returns the codes closest to any numbers, shape `(n,)` both."""
        if self.values is None:
            return numbers.clip(0.0, 1.0)
        middles = (self.codes[1:] + self.codes[:-1]) / 2
        return self.codes[np.searchsorted(middles, numbers)]

    def quantile(self, shares: Array) -> Array:
        """Returns codes distributed like the parameter's random values.

        Args:
            shares: Uniform from 0 to 1, any shape.
        """
        if self.values is None or not self._is_spaced_by_scale:
            levels = (shares * len(self.codes)).astype(int)
            return shares if self.values is None else self.codes[levels]
        least, greatest = map(self.parameter.encode, (self.values[0], self.values[-1]))
        middles = (self.codes[1:] + self.codes[:-1]) / 2 * (greatest - least) + least
        return self.codes[np.searchsorted(middles, shares)]

    def features(self, codes: Array) -> Array:
        """Returns numbers whose squared distances tell how much codes differ.

        Two different unordered values are at distance 1, as are the least and the
        greatest ordered value. An inactive parameter is in the middle.

        Args:
            codes: Shape `(n,)`; NaN where the parameter is inactive.

        Returns:
            Shape `(n, num_features)`.
        """
        if self.num_features <= 1:
            middle = np.where(np.isnan(codes), 0.5, codes)
            return np.repeat(middle[:, None], self.num_features, axis=1)
        return np.asarray((codes[:, None] == self.codes) * np.sqrt(0.5))

    @property
    def _is_spaced_by_scale(self) -> bool:
        return isinstance(self.parameter, Int | Float) and len(self.codes) > 1


def column(parameter: Parameter) -> Column:
    """Returns the column of a parameter."""
    values = parameter.values()
    if values is None or len(values) > _MAX_LISTED:
        return Column(parameter, None, np.array([0.0, 1.0]), is_ordered=True)
    if not parameter.is_ordered:
        return Column(
            parameter, values, np.arange(float(len(values))), is_ordered=False
        )
    ascending = sorted(values)
    positions = np.arange(float(len(values)))
    if not isinstance(parameter, Choice):
        positions = np.array([parameter.encode(value) for value in ascending])
    spread = positions[-1] - positions[0] or 1.0
    codes = (positions - positions[0]) / spread
    return Column(parameter, tuple(ascending), codes, is_ordered=True)
