"""What the `fit` of a trial is told: by the module, the hyperparameters, the search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner_component.errors import TrialFailedError

_NAMES = ("batch_size", "epochs")


def settled(
    defaults: Mapping[str, Any],
    values: Mapping[str, Any],
    own: Mapping[str, Any],
    epochs: int | None,
) -> dict[str, Any]:
    """Returns what `fit` gets: the module's word, then hyperparameters, defaults.

    Args:
        defaults: `epochs`, `batch_size`, ...; None means "not said".
        values: The trial's hyperparameters.
        own: What the module's `fit_args` returns.
        epochs: What the strategy says; nobody else may then say it.

    Raises:
        TrialFailedError: If the module says it all the same.
    """
    said = epochs_said_by(values, own)
    if epochs is not None and said:
        raise TrialFailedError(
            f"The strategy gives every trial its epochs, but {said} says them too. "
            "Remove it there."
        )
    given = {name: values[name] for name in _NAMES if name in values}
    arguments = {**defaults, **given, **own}
    if epochs is not None:
        arguments["epochs"] = epochs
    return {name: value for name, value in arguments.items() if value is not None}


def epochs_said_by(values: Mapping[str, Any], fit_args: Mapping[str, Any]) -> str:
    """Returns what in the user's code decides about the epochs, or ""."""
    if "epochs" in values:
        return "the hyperparameter 'epochs'"
    said = [name for name in ("epochs", "initial_epoch") if name in fit_args]
    return f"fit_args (as {said[0]!r})" if said else ""
