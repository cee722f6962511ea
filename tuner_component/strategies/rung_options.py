"""Checks of the options that all strategies with rungs have."""

from __future__ import annotations

from tuner_component.strategies.options import check_integer
from tuner_component.trial import is_finite

EXAMPLES_FRACTION = "examples_fraction"
"""The kind of fidelity that is a fraction of the training examples."""
EPOCHS = "epochs"
"""The kind that is a number of epochs."""


def check(
    strategy: str,
    min_resource: object,
    max_resource: object,
    reduction_factor: object = 2,
    resource: object = "epochs",
) -> None:
    """Raises unless rungs can be made of these.

    Raises:
        ValueError: Says what was received and what was expected.
    """
    check_integer(strategy, "reduction_factor", reduction_factor, 2)
    for name, value in (("min_resource", min_resource), ("max_resource", max_resource)):
        check_amount(strategy, name, value, resource, max_resource)
    if max_resource < min_resource:  # type: ignore[operator]
        raise ValueError(
            f"The strategy {strategy!r} received min_resource={min_resource!r} and "
            f"max_resource={max_resource!r}; expected a maximum that is no less than "
            "the minimum. max_resource is Search(epochs=...) unless it is given: raise "
            "it, or lower min_resource."
        )


def check_amount(
    strategy: str, name: str, value: object, resource: object, most: object
) -> None:
    """Raises unless an option is an amount of a resource of which there is `most`.

    Raises:
        ValueError: Says what was received and what was expected.
    """
    if not is_share(resource, most):
        check_integer(strategy, name, value, 1)
    elif not is_finite(value) or not 0 < value <= 1:  # type: ignore[operator]
        raise ValueError(
            f"The strategy {strategy!r} received {name}={value!r} with "
            f"resource={resource!r}; expected a number above 0 and at most 1. "
            "Give both min_resource and max_resource as fractions, 0.1 and 1.0 say."
        )


def is_share(resource: object, most: object) -> bool:
    """Returns whether a resource of which there is `most` is a share of something."""
    return resource == EXAMPLES_FRACTION or (
        resource != EPOCHS and isinstance(most, float) and most <= 1
    )


def check_limit(strategy: str, name: str, value: object, least: int = 1) -> None:
    """Raises unless an option is None or an integer of at least `least`.

    Raises:
        ValueError: Says what was received and what was expected.
    """
    if value is not None:
        check_integer(strategy, name, value, least)
