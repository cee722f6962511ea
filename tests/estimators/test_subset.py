from __future__ import annotations

import numpy as np
import pytest

from tuner_component.estimators.subset import nested_order, size

CLASSES = np.repeat([0, 1, 2], [60, 30, 10])


def order(seed=0, classes=CLASSES):
    return nested_order(np.arange(100), classes, np.random.default_rng(seed))


@pytest.mark.parametrize("classes", [CLASSES, None])
def test_it_is_a_permutation_that_the_seed_fixes(classes):
    assert sorted(order(classes=classes)) == list(range(100))
    assert order(0, classes).tolist() == order(0, classes).tolist()
    assert order(0, classes).tolist() != order(1, classes).tolist()


@pytest.mark.parametrize("number", [10, 20, 50])
def test_every_beginning_has_the_proportions_of_the_whole(number):
    counts = np.bincount(CLASSES[order()[:number]], minlength=3)
    np.testing.assert_allclose(counts / number, [0.6, 0.3, 0.1], atol=1.5 / number)


def test_a_fraction_is_rounded_up_and_has_a_least_size():
    assert size(0.25, 100) == 25
    assert size(0.101, 100) == 11
    assert size(0.01, 100, least=3) == 3
    assert size(1.0, 2, least=3) == 2
