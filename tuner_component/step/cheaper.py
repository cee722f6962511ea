"""Cheaper trials, and dearer ones: checks of what a search spends on each."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tuner_component.errors import PreflightError
from tuner_component.search import Search
from tuner_component.strategies import registry

DEFAULT_STRATEGY = "bayesian"
EPOCHS_ONLY: Mapping[str, float | None] = {"epochs": None}
"""The fidelities of a training that knows no other."""

_FRACTION = "examples_fraction"
_LEAST_FRACTION = 1 / 16
_LEAST_SHARE = 1 / 4


def full_training(
    search: Search, fidelities: Mapping[str, float | None]
) -> dict[str, float]:
    """Returns the options that say how much a trial gets, where the user does not."""
    resource = search.strategy_options.get("resource", "epochs")
    full = fidelities.get(resource)
    if full is None:
        return {"max_resource": search.epochs}
    if resource == _FRACTION:
        return {"min_resource": _LEAST_FRACTION, "max_resource": full}
    least = full * _LEAST_SHARE
    whole = isinstance(full, int)
    return {"min_resource": math.ceil(least) if whole else least, "max_resource": full}


def check_fidelity(search: Search, fidelities: Mapping[str, float | None]) -> None:
    """Raises unless the model can be trained at what the strategy spends.

    Raises:
        PreflightError: Names what it can be trained at.
    """
    name = search.strategy or DEFAULT_STRATEGY
    if search.curve_stopping and "epochs" not in fidelities:
        raise PreflightError(
            f"Search(curve_stopping={search.curve_stopping!r}) stops trainings between "
            "two epochs, but the model that build_model returns is trained on a part "
            f"of {list(fidelities)} only. Leave it out."
        )
    if "resource" not in registry.options(name):
        return
    resource = search.strategy_options.get("resource", "epochs")
    if resource not in fidelities:
        raise PreflightError(
            f"The strategy {name!r} spends {resource!r} on its trials, but the model "
            f"that build_model returns can be trained on a part of {list(fidelities)} "
            f'only. Use strategy_options={{"resource": "{next(iter(fidelities))}"}}, '
            "or let build_model ask for it: tuner_component.fidelity(name, full)."
        )


def check_epochs(search: Search, why_not: str) -> None:
    """Raises if the strategy gives trials their epochs and the user's code does too.

    Raises:
        PreflightError: Names who says them, and what to do.
    """
    name = search.strategy or DEFAULT_STRATEGY
    if not why_not or "resource" not in registry.options(name):
        return
    if search.strategy_options.get("resource", "epochs") == "epochs":
        raise PreflightError(
            f"The strategy {name!r} gives every trial its epochs, but {why_not}. Or "
            "use a strategy without rungs."
        )


def check_repeats(search: Search) -> None:
    """Raises if a mean of several runs cannot decide.

    Raises:
        ValueError: Names what is in the way.
    """
    if search.repeats == 1:
        if search.test_split is not None:
            raise ValueError(
                f"Search(test_split={search.test_split!r}) is given without repeats, "
                "but it is the repeats that are scored on that split; expected "
                "repeats=3, say. Set repeats, or leave test_split out."
            )
        return
    inherits = search.strategy_options.get("inherit_weights")
    if isinstance(search.objective, list) or inherits:
        raise ValueError(
            f"Search(repeats={search.repeats}) is given with "
            + ("inherit_weights" if inherits else "several objectives")
            + "; expected trials from scratch, and a single objective whose mean "
            "decides. Leave one of them out."
        )
