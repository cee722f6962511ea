"""What a user's `cross_validation()` asks for, whatever the kind of model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tuner_component.errors import PreflightError

_DEFAULT_FOLDS = 5


@dataclasses.dataclass(frozen=True)
class CrossValidation:
    """How trials are scored.

    Attributes:
        cv: Number of folds, >= 2, or a scikit-learn splitter.
        scoring: Scorers beside the default one, of scikit-learn's estimators; a name,
            names, or names to scorers.
    """

    cv: Any = _DEFAULT_FOLDS
    scoring: Any = None

    @classmethod
    def of(cls, given: Any) -> CrossValidation:
        """Returns what the user's `cross_validation()` says.

        Args:
            given: What it returned.

        Raises:
            PreflightError: If it says what is not understood.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(given, Mapping) or not set(given) <= set(known):
            raise PreflightError(
                f"cross_validation() returned {given!r}; expected a dict with some of "
                f"{known}."
            )
        settings = cls(**given)
        if settings.cv < 2 if settings.is_number else not is_splitter(settings.cv):
            raise PreflightError(
                f"cross_validation() returned cv={settings.cv!r}; expected a number of "
                "folds, at least 2, or a splitter of sklearn.model_selection."
            )
        return settings

    @property
    def is_number(self) -> bool:
        """Whether `cv` says how many folds there are, and not which."""
        return isinstance(self.cv, int) and not isinstance(self.cv, bool)


def is_splitter(cv: object) -> bool:
    """Returns whether scikit-learn would take it for a splitter."""
    return hasattr(cv, "get_n_splits")


def cut(splitter: Any, x: Any, y: Any, seed: int, cv: Any) -> list[tuple[Any, Any]]:
    """Returns the positions that each fold is trained and scored on.

    Args:
        splitter: One of scikit-learn.
        x: Features, of shape `(num_examples, num_columns)`.
        y: Labels, of shape `(num_examples, ...)`, or None.
        seed: Fixes what a splitter draws without a `random_state` of its own. NumPy's
            global generator is left seeded with it.
        cv: What the user said, for the message.

    Raises:
        PreflightError: If the examples cannot be cut so.
    """
    np.random.seed(seed % 2**32)  # noqa: NPY002 - what such a splitter draws from
    try:
        return list(splitter.split(x, y))
    except ValueError as error:
        raise PreflightError(
            f"The {len(x)} examples of the train split cannot be cut into folds with "
            f"cv={cv!r}: {error} Return another cv from cross_validation()."
        ) from error


def summary(by_fold: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Returns mean and standard deviation over the folds, as `x` and `x_std`.

    Args:
        by_fold: The metrics of each; what one of them lacks is left out.
    """
    names = [n for n in by_fold[0] if all(n in metrics for metrics in by_fold)]
    columns = {name: [metrics[name] for metrics in by_fold] for name in names}
    means = {name: float(np.mean(values)) for name, values in columns.items()}
    stds = {std_of(name): float(np.std(values)) for name, values in columns.items()}
    return {**means, **stds}


def std_of(name: str) -> str:
    """Returns the name of a metric's standard deviation over the folds."""
    return f"{name}_std"
