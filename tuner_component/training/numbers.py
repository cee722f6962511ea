"""Numbers of a model that a graph reads anew in every run.

A dropout rate or a penalty is a Python number, which a graph takes in as a constant.
While a graph is made, `Number` stands in its place: Python sees the value, so that
`if rate > 0` works, and TensorFlow a tensor of double precision, so that `1 / (1 -
rate)` is rounded where Python's would be.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterator, Mapping
from typing import Any

from typing_extensions import override


class Number(float):
    """A value that arithmetic takes from a tensor.

    Args:
        value: What comparisons see.
        tensor: A float64 scalar.
    """

    tensor: Any
    dtype = float  # Where Keras asks: it takes part in no promotion.

    def __new__(cls, value: float, tensor: Any) -> Number:  # noqa: D102
        number = super().__new__(cls, value)
        number.tensor = tensor
        return number

    @override
    def __float__(self) -> float:
        raise TypeError("A number that a graph reads anew is no constant.")

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        import tensorflow as tf

        return tf.cast(self.tensor, dtype or tf.float32, name=name)


def _arithmetic(name: str) -> Any:
    compute = getattr(operator, name)

    def forward(self: Number, other: Any) -> Any:
        return _computed(compute, self, other)

    def backward(self: Number, other: Any) -> Any:
        return _computed(compute, other, self)

    return forward, backward


def _computed(compute: Any, left: Any, right: Any) -> Any:
    if isinstance(left, int | float) and isinstance(right, int | float):
        value = compute(_value(left), _value(right))
        return Number(value, compute(_double(left), _double(right)))
    import tensorflow as tf

    other = right if isinstance(left, Number) else left
    dtype = tf.convert_to_tensor(other).dtype
    return compute(*(tf.convert_to_tensor(side, dtype) for side in (left, right)))


def _value(number: float) -> float:
    return float.__pos__(number) if isinstance(number, Number) else number


def _double(number: float) -> Any:
    import tensorflow as tf

    if isinstance(number, Number):
        return number.tensor
    return tf.constant(number, tf.float64)


for _name in ("add", "sub", "mul", "truediv", "pow"):
    _forward, _backward = _arithmetic(_name)
    setattr(Number, f"__{_name}__", _forward)
    setattr(Number, f"__r{_name}__", _backward)

Places = Mapping[str, tuple[Any, str]]
"""Names to where a number is: an object and the name of its attribute."""


class Numbers:
    """The numbers of the model that a graph is made of.

    Args:
        places: Where they are.
    """

    def __init__(self, places: Places) -> None:
        import tensorflow as tf

        self._places = dict(places)
        self._variables = {
            name: tf.Variable(getattr(*place), dtype=tf.float64, trainable=False)
            for name, place in places.items()
        }

    @property
    def handles(self) -> dict[str, Any]:
        """Where graphs read them: tensors by names of their own."""
        return {f"number {name}": v.handle for name, v in self._variables.items()}

    def take(self, places: Places) -> None:
        """Takes the values from another model, with the same names."""
        for name, variable in self._variables.items():
            variable.assign(getattr(*places[name]))

    def read(self) -> contextlib.AbstractContextManager[None]:
        """Inside, the model's numbers are those that the graph reads."""
        values = {name: v.read_value() for name, v in self._variables.items()}
        return in_place(self._places, values)


@contextlib.contextmanager
def in_place(places: Places, tensors: Mapping[str, Any]) -> Iterator[None]:
    """Inside, tensors stand in the places of a model's numbers.

    Args:
        places: Where the numbers are.
        tensors: Float64 scalars by the same names.
    """
    values = {name: getattr(*place) for name, place in places.items()}
    try:
        for name, (owner, attribute) in places.items():
            setattr(owner, attribute, Number(values[name], tensors[name]))
        yield
    finally:
        for name, (owner, attribute) in places.items():
            setattr(owner, attribute, values[name])
