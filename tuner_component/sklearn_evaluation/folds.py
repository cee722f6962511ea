"""Which examples an estimator is trained and scored on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tuner_component.cross_validation import cut, is_splitter
from tuner_component.estimators import subset


class Fold(NamedTuple):
    """One split of the examples, by their positions.

    Attributes:
        train: Positions to train on; the first so many of them are the subset of
            that size, which is contained in every larger one. With classes, each
            subset has them in the proportions of the whole, and all of them.
        validation: Positions to score on.
        num_classes: Different labels among the training examples; 1 without classes.
    """

    train: Any
    validation: Any
    num_classes: int

    def subset(self, fraction: float) -> Any:
        """Returns the positions of a part of the training examples.

        Args:
            fraction: In (0, 1].
        """
        return self.train[: subset.size(fraction, len(self.train), self.num_classes)]


def make(x: Any, y: Any, cv: Any, seed: int, *, classify: bool) -> Sequence[Fold]:
    """Returns the folds: the same ones for every trial of a study.

    Args:
        x: Features, of shape `(num_examples, num_columns)`.
        y: Labels, of shape `(num_examples,)` or `(num_examples, num_outputs)`.
        cv: How many folds, or a scikit-learn splitter.
        seed: The study's; fixes which example is in which fold, and the subsets. Also
            NumPy's global generator is left seeded with it.
        classify: Whether the folds have the classes in equal proportions.

    Raises:
        PreflightError: If there are too few examples.
    """
    stratify = classify and y.ndim == 1
    splitter = cv if is_splitter(cv) else _splitter(y, cv, seed, stratify)
    pairs = cut(splitter, x, y, seed, cv)
    return [
        _fold(train, validation, y, np.random.default_rng([seed, number]), stratify)
        for number, (train, validation) in enumerate(pairs)
    ]


def _splitter(y: Any, num_folds: int, seed: int, stratify: bool) -> Any:  # noqa: FBT001
    from sklearn import model_selection

    if stratify and np.unique(y, return_counts=True)[1].min() >= num_folds:
        return model_selection.StratifiedKFold(
            num_folds, shuffle=True, random_state=seed % 2**32
        )
    return model_selection.KFold(num_folds, shuffle=True, random_state=seed % 2**32)


def _fold(
    train: Any,
    validation: Any,
    y: Any,
    generator: np.random.Generator,
    stratify: bool,  # noqa: FBT001
) -> Fold:
    if not stratify:
        return Fold(subset.nested_order(train, None, generator), validation, 1)
    classes = y[train]
    order = subset.nested_order(train, classes, generator)
    return Fold(order, validation, len(np.unique(classes)))
