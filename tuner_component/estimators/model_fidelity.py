"""What a model is reduced to in a cheap trial, for the code that builds it."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import TypeVar

from tuner_component.trial import Fidelity, is_finite

Number = TypeVar("Number", int, float)

RESERVED = ("epochs", "examples_fraction")
"""The kinds that a training takes care of; no model code needs to."""

_given: contextvars.ContextVar[Fidelity | None] = contextvars.ContextVar(
    "given", default=None
)
_asked: contextvars.ContextVar[dict[str, float] | None] = contextvars.ContextVar(
    "asked", default=None
)


def fidelity(kind: str, full: Number) -> Number:
    """Returns how much of something the model that is built now is to have.

    `size = fidelity("resolution", 28)` is 28 in the full training, and everywhere
    outside a search, in the Trainer say. In a search whose strategy spends it,
    `strategy_options={"resource": "resolution"}`, a cheap trial gets less: the model
    should then shrink its images to that. What it stands for is the model code's
    affair: filters, cells, layers.

    Args:
        kind: The resource's name.
        full: What the full model has, > 0; at most 1 for a share.

    Raises:
        ValueError: If the kind is one that no model decides, or `full` is no number
            above 0.
    """
    if kind in RESERVED:
        raise ValueError(
            f"fidelity({kind!r}, ...): the training heeds {kind!r} by itself. Expected "
            "a name of your own, 'resolution' or 'width' say."
        )
    if not is_finite(full) or full <= 0:
        raise ValueError(
            f"fidelity({kind!r}, {full!r}): expected a finite number above 0."
        )
    asked = _asked.get()
    if asked is not None:
        asked[kind] = full
    given = _given.get()
    if given is None or given.kind != kind or given.is_full:
        return full
    return type(full)(min(given.value, full))


@contextlib.contextmanager
def given(value: Fidelity | None) -> Iterator[None]:
    """Makes `fidelity` return this while it lasts."""
    token = _given.set(value)
    try:
        yield
    finally:
        _given.reset(token)


@contextlib.contextmanager
def recorded() -> Iterator[dict[str, float]]:
    """Yields what `fidelity` is asked while it lasts: kind to the full amount."""
    asked: dict[str, float] = {}
    token = _asked.set(asked)
    try:
        yield asked
    finally:
        _asked.reset(token)
