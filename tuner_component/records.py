"""Dataclasses to strict JSON and back, for journals, files and pipes."""

from __future__ import annotations

import dataclasses
import enum
import functools
import math
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def encode(value: Any) -> Any:
    """Returns `value` as what `json.dumps(..., allow_nan=False)` accepts.

    Dataclasses become objects without the fields that hold their defaults;
    NaN and infinities become the strings "NaN", "Infinity", "-Infinity".

    Raises:
        TypeError: If something in it is not JSON.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: encode(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not _is_default(field, getattr(value, field.name))
        }
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(
        f"{value!r} of type {type(value).__name__} cannot be written as JSON; "
        "expected None, a string, a number, a boolean, a list or a dict of these."
    )


def decode(cls: type[T], data: Mapping[str, Any]) -> T:
    """Rebuilds a dataclass from what `encode` returned.

    Unknown fields are ignored, so that an older release reads newer records.
    """
    decoders = _decoders(typing.cast("Hashable", cls))
    return cls(
        **{name: decoders[name](x) for name, x in data.items() if name in decoders}
    )


_Decoder = Callable[[Any], Any]


@functools.cache
def _decoders(cls: Hashable) -> dict[str, _Decoder]:
    """Returns what rebuilds each field; worked out once, as replays are long."""
    made: Any = cls
    hints = typing.get_type_hints(made)
    return {f.name: _decoder(hints[f.name]) for f in dataclasses.fields(made)}


def _decoder(hint: Any) -> _Decoder:
    if isinstance(hint, types.UnionType):
        return _optional(typing.get_args(hint))
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return functools.partial(decode, typing.cast("type[Any]", hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint
    if origin is tuple:
        inner = _decoder(args[0])
        return lambda items: tuple(map(inner, items))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return functools.partial(_decode_values, _decoder(args[1]))
    return _float if hint is float else _unchanged


def _optional(hints: tuple[Any, ...]) -> _Decoder:
    if len(hints) > 2 or type(None) not in hints:
        return _unchanged
    inner = _decoder(next(kind for kind in hints if kind is not type(None)))
    return lambda value: None if value is None else inner(value)


def _decode_values(inner: _Decoder, items: Mapping[str, Any]) -> dict[str, Any]:
    if inner is _unchanged:
        return dict(items)
    return {key: inner(item) for key, item in items.items()}


def _float(value: Any) -> float:
    if type(value) is float:
        return value
    return _NON_FINITE[value] if isinstance(value, str) else float(value)


def _unchanged(value: Any) -> Any:
    return value


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default is not dataclasses.MISSING:
        return type(value) is type(field.default) and bool(value == field.default)
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return False
