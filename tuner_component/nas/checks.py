"""Checks of what architectures are made with."""

from __future__ import annotations

from tuner_component.errors import SearchSpaceError
from tuner_component.spelling import shown


def check_name(name: object) -> None:
    """Raises unless a name can begin those of hyperparameters.

    Raises:
        SearchSpaceError: Says what was received.
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise SearchSpaceError(
            f"An architecture received name={name!r}; expected letters, digits and "
            "underscores, 'cell' say."
        )


def check_integer(owner: str, what: str, value: object, low: int, high: int) -> None:
    """Raises unless `value` is an integer from `low` to `high`.

    Args:
        owner: The architecture's name.
        what: The argument's name.
        value: As the user gave it.
        low: Least.
        high: Most.

    Raises:
        SearchSpaceError: Says what was received and what was expected.
    """
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if not is_integer or not low <= value <= high:  # type: ignore[operator]
        raise SearchSpaceError(
            f"The architecture {owner!r} received {what}={shown(value)}; expected an "
            f"integer from {low} to {high}."
        )
