"""What the `fit` of a trial is told: by the module, the hyperparameters, the search."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tuner_component.errors import PreflightError, TrialFailedError
from tuner_component.spelling import suggestion

_NAMES = ("batch_size", "epochs")
_OURS = {"x", "y", "validation_data"}


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
    callbacks = arguments.get("callbacks") or ()
    is_one = not isinstance(callbacks, list | tuple)
    arguments["callbacks"] = [callbacks] if is_one else list(callbacks)
    return {name: value for name, value in arguments.items() if value is not None}


def check(own: Mapping[str, Any], fit: Callable[..., Any]) -> None:
    """Checks that `fit` takes what the module's `fit_args` returns.

    Args:
        own: What `fit_args` returns.
        fit: The model's.

    Raises:
        PreflightError: If it does not.
    """
    parameters = inspect.signature(fit).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return
    allowed = sorted(set(parameters) - _OURS)
    for name in own:
        if name not in allowed:
            raise PreflightError(
                f"fit_args returned {name!r}; expected arguments of the model's fit() "
                f"other than data: {', '.join(allowed)}.{suggestion(name, allowed)}"
            )


def epochs_said_by(values: Mapping[str, Any], fit_args: Mapping[str, Any]) -> str:
    """Returns what in the user's code decides about the epochs, or ""."""
    if "epochs" in values:
        return "the hyperparameter 'epochs'"
    said = [name for name in ("epochs", "initial_epoch") if name in fit_args]
    return f"fit_args (as {said[0]!r})" if said else ""
