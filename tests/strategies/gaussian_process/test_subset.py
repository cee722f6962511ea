from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner_component.strategies.gaussian_process.subset import representative


@given(num=st.integers(1, 300), size=st.integers(1, 100))
def test_it_has_the_size_and_no_repeats(num, size):
    kept = representative(np.random.default_rng(num).random(num), size)
    assert len(kept) == min(num, size)
    assert (np.diff(kept) > 0).all()
    assert kept[0] >= 0
    assert kept[-1] < num


def test_the_best_half_is_kept_and_late_ones_more_than_early_ones():
    losses = np.random.default_rng(0).random(1000)
    kept = representative(losses, 100)
    assert set(np.argsort(losses)[:50]) <= set(kept)
    others = [i for i in kept if losses[i] > np.sort(losses)[49]]
    assert sum(i >= 500 for i in others) > 1.5 * sum(i < 500 for i in others)


@pytest.mark.parametrize("size", [4, 10])
def test_failures_are_not_among_the_best(size):
    losses = np.array([np.nan] * 10 + [1.0, 2.0, 3.0])
    assert {10, 11} <= set(representative(losses, size))
