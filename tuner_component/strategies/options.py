"""Checks of the options of strategies."""

from __future__ import annotations

import math

from tuner_component.spelling import shown


def check_integer(strategy: str, name: str, value: object, least: int) -> None:
    """Raises unless an option is an integer of at least `least`.

    Raises:
        ValueError: Says what was received and what was expected.
    """
    integer = isinstance(value, int) and not isinstance(value, bool)
    if not integer or value < least:  # type: ignore[operator]
        raise ValueError(
            f"The strategy {strategy!r} received {name}={shown(value)}; expected an "
            f"integer, at least {least}. Correct it or leave it out."
        )


def check_number(
    strategy: str, name: str, value: object, low: float, high: float = math.inf
) -> None:
    """Raises unless an option is a finite number from `low` to `high`.

    Raises:
        ValueError: Says what was received and what was expected.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high or math.isinf(value):  # type: ignore[operator, arg-type]
        expected = f"of at least {low}" if math.isinf(high) else f"from {low} to {high}"
        raise ValueError(
            f"The strategy {strategy!r} received {name}={shown(value)}; expected a "
            f"finite number {expected}. Correct it or leave it out."
        )


def check_flag(strategy: str, name: str, value: object) -> None:
    """Raises unless an option is True or False.

    Raises:
        ValueError: Says what was received and what was expected.
    """
    if not isinstance(value, bool):
        raise ValueError(
            f"The strategy {strategy!r} received {name}={shown(value)}; expected True "
            "or False. Correct it or leave it out."
        )
