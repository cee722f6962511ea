"""Which examples each model of a cross-validated trial is trained and scored on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tuner_component.cross_validation import CrossValidation, cut
from tuner_component.data import Split
from tuner_component.errors import PreflightError
from tuner_component.keras_trials.fidelities import classes_of


class Fold(NamedTuple):
    """One split of the examples; both parts share the memory of the whole."""

    train: Split
    validation: Split


def make(whole: Split, settings: CrossValidation, seed: int) -> list[Fold]:
    """Returns the folds: the same ones for every trial and in every worker.

    Args:
        whole: The training split.
        settings: What the user asks for.
        seed: The study's; fixes which example is in which fold.

    Raises:
        PreflightError: If the examples cannot be cut so.
    """
    if whole.num_examples is None:
        raise PreflightError(
            "cross_validation() asks for folds, but the train split is read as a "
            "stream: it is larger than 1 GiB, or holds what is no column. Expected "
            "examples that fit into memory. Train on fewer of them, or remove "
            "cross_validation() to score trials on the eval split."
        )
    if settings.scoring is not None:
        raise PreflightError(
            f"cross_validation() returned scoring={settings.scoring!r}, but the model "
            "is a Keras model, which reports its own metrics. Give them to "
            "model.compile(metrics=...), and leave scoring out."
        )
    cv, size, label = settings.cv, whole.num_examples, whole.label
    if settings.is_number:
        numbers = _numbers(label, size, cv, seed)
        pairs = [(numbers != fold, numbers == fold) for fold in range(cv)]
        rows = [tuple(map(np.flatnonzero, pair)) for pair in pairs]
    else:
        labels = None if label is None else _flat(label)
        positions = np.arange(size)[:, None]
        rows = [tuple(map(np.sort, p)) for p in cut(cv, positions, labels, seed, cv)]
    return [Fold(whole.part(train), whole.part(held_out)) for train, held_out in rows]


def _numbers(label: Any, num_examples: int, num_folds: int, seed: int) -> Any:
    """Returns the fold of each example; classes are dealt out evenly."""
    if num_folds > num_examples:
        raise PreflightError(
            f"cross_validation() returned cv={num_folds}, but the train split has "
            f"{num_examples} examples; expected at most as many folds. Return a "
            "smaller cv."
        )
    order = np.random.default_rng(seed).permutation(num_examples)
    classes = None if label is None else classes_of(label)
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
    numbers = np.empty(num_examples, np.int64)
    numbers[order] = np.arange(num_examples) % num_folds
    return numbers


def _flat(label: Any) -> Any:
    """Returns labels as scikit-learn takes them: one number an example has no axis."""
    return label.reshape(-1) if label.size == len(label) else label
