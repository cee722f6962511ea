"""Which examples an estimator is trained and scored on."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.sklearn_evaluation.trials import CLASSES, X
from tuner_component.sklearn_evaluation import folds


@pytest.mark.parametrize("classify", [True, False])
def test_folds_follow_from_the_studys_seed(classify):
    def made(seed):
        return [
            fold.validation.tolist()
            for fold in folds.make(X, CLASSES, 3, seed, classify=classify)
        ]

    assert made(0) == made(0) != made(1)
    assert sorted(itertools.chain.from_iterable(made(0))) == list(range(120))


def test_subsets_are_nested_stratified_and_hold_every_class():
    y = np.array([0] * 90 + [1] * 24 + [2] * 6)
    for fold in folds.make(X, y, 3, 5, classify=True):
        sizes = [0.01, 0.1, 0.25, 0.5, 1.0]
        subsets = [fold.subset(fraction) for fraction in sizes]
        assert [len(subset) for subset in subsets] == [3, 8, 20, 40, 80]
        for smaller, larger in itertools.pairwise(subsets):
            assert set(smaller) < set(larger)
        for subset in subsets[2:]:
            counts = np.bincount(y[subset], minlength=3)
            assert counts == pytest.approx(len(subset) * np.array([0.75, 0.2, 0.05]), abs=1.01)  # fmt: skip
        assert all(set(y[subset]) == {0, 1, 2} for subset in subsets)
        assert not set(subsets[-1]) & set(fold.validation)
