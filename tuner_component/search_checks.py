"""What makes a `Search` valid, whatever the model."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

from tuner_component.trial import Objective

_LEAST = {
    "max_trials": 1,
    "max_trial_bytes": 1,
    "max_retries": 0,
    "max_consecutive_failures": 1,
    "epochs": 1,
    "batch_size": 1,
    "repeats": 1,
    "seed": 0,
    "parallelism": 1,
    "trials_together": 1,
    "keep_checkpoints": 1,
}
_UNLIMITED = {"max_trials", "max_trial_bytes"}
_NAMED: dict[Any, str] = {
    type(None): "None",
    Objective: "tuner_component.Objective",
}
_MOST_OBJECTIVES = 4


def check_search(search: Any) -> None:
    """Raises unless every field of a `Search` is what its documentation says.

    Raises:
        TypeError: Names a field of another type.
        ValueError: Names a field whose value is out of bounds.
    """
    _check_types(search)
    _check_least(search)
    _check_seconds(search)
    _check_chance(search.curve_stopping)
    _check_strategy(search.strategy)
    _check_test_split(search.test_split)
    _check_choices(search)
    _check_json("strategy_options", search.strategy_options)
    _check_json("initial_points", search.initial_points)
    _check_items("constraints", search.constraints, str)
    _check_items("initial_points", search.initial_points, dict)
    if isinstance(search.objective, list):
        _check_several(search.objective)


def _check_types(search: Any) -> None:
    hints = _hints(search.__class__)
    for field in dataclasses.fields(search):
        _check_type(field.name, getattr(search, field.name), hints[field.name])


@functools.cache
def _hints(kind: type) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


def _check_type(name: str, value: Any, hint: Any) -> None:
    allowed = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    allowed = tuple(typing.get_origin(kind) or kind for kind in allowed)
    if Literal in allowed:
        return
    if float in allowed:
        allowed += (int,)
    is_misplaced = isinstance(value, bool) and bool not in allowed
    if is_misplaced or not isinstance(value, allowed):
        expected = " or ".join(_NAMED.get(kind, kind.__name__) for kind in allowed)
        kind = type(value)
        raise TypeError(
            f"Search({name}={value!r}): expected {expected}; received "
            f"{kind.__module__}.{kind.__qualname__}."
        )


def _check_least(search: Any) -> None:
    for name, least in _LEAST.items():
        value = getattr(search, name)
        if value is not None and value < least:
            raise ValueError(
                f"Search({name}={value!r}): expected at least {least}"
                + (", or None for no limit." if name in _UNLIMITED else ".")
            )


def _check_seconds(search: Any) -> None:
    for name in ("max_seconds", "max_trial_seconds"):
        value = getattr(search, name)
        if value is not None and not 0 < value < float("inf"):
            raise ValueError(
                f"Search({name}={value!r}): expected a finite number of seconds "
                "above 0, or None for no limit."
            )


def _check_chance(value: bool | float) -> None:  # noqa: FBT001 - what the user gave
    if not isinstance(value, bool) and not 0 < value < 1:
        raise ValueError(
            f"Search(curve_stopping={value!r}): expected True, False, or the chance to "
            "beat the best trial below which a training stops, above 0 and below 1."
        )


def _check_strategy(strategy: str | None) -> None:
    if strategy == "":
        raise ValueError(
            "Search(strategy=''): expected the name of a strategy, or None for "
            "the default one."
        )


def _check_test_split(split: str | None) -> None:
    if split == "":
        raise ValueError(
            "Search(test_split=''): expected the name of a split of the examples, or "
            "None for none."
        )


def _check_choices(search: Any) -> None:
    hints = _hints(search.__class__)
    for name in ("engine", "resume"):
        value, known = getattr(search, name), typing.get_args(hints[name])
        if value not in known:
            *others, last = map(repr, known)
            raise ValueError(
                f"Search({name}={value!r}): expected {', '.join(others)} or {last}."
            )


def _check_several(objectives: list[Objective | str]) -> None:
    names = [each.name if isinstance(each, Objective) else each for each in objectives]
    if not all(isinstance(name, str) for name in names):
        raise TypeError(
            f"Search(objective={objectives!r}): expected a list of Objective or str."
        )
    if not 2 <= len(names) <= _MOST_OBJECTIVES:
        raise ValueError(
            f"Search(objective={objectives!r}): expected 2 to {_MOST_OBJECTIVES} "
            "objectives in a list. Leave the list out for a single one."
        )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(
            f"Search(objective={objectives!r}) names {twice[0]!r} twice; expected "
            "different metrics. Leave one of them out."
        )


def _check_items(name: str, values: list[Any], kind: type) -> None:
    for value in values:
        if not isinstance(value, kind):
            raise TypeError(
                f"Search({name}={values!r}): expected a list of {kind.__name__}; "
                f"{value!r} is none."
            )


def _check_json(name: str, options: Any) -> None:
    try:
        json.dumps(options, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Search({name}={options!r}) cannot be written as JSON: {error}. "
            "Use strings, finite numbers, booleans, lists and dicts."
        ) from error
