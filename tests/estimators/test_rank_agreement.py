from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tuner_component.estimators.rank_agreement import measured, spearman
from tuner_component.trial import Fidelity, RungResult, Trial


def _trial(number, *losses):
    rungs = tuple(RungResult(3.0**i, loss) for i, loss in enumerate(losses))
    return Trial(
        f"{number}", number, {}, 0, fidelity=Fidelity("epochs", 3.0, 9.0), rungs=rungs
    )


def test_spearman_is_scipys_with_ties():
    generator = np.random.default_rng(0)
    one, other = generator.integers(0, 6, (2, 30))
    expected = stats.spearmanr(one, other).statistic
    assert spearman(one, other) == pytest.approx(expected)
    assert np.isnan(spearman(np.ones(5), np.arange(5)))


def test_only_trials_of_the_full_training_count():
    trials = [
        _trial(0, 1.0, 2.0, 3.0),
        _trial(1, 2.0, 1.0, 4.0),
        _trial(2, 3.0, 0.5, 5.0),
        _trial(3, 0.1, 0.1),
        _trial(4, 0.0),
    ]
    low, middle = measured(trials)
    assert (low.resource, low.spearman, low.num_trials) == (1.0, pytest.approx(1), 3)
    assert (middle.resource, middle.spearman) == (3.0, pytest.approx(-1))


def test_two_trials_say_nothing():
    assert measured([_trial(0, 1.0, 2.0, 3.0), _trial(1, 2.0, 1.0, 4.0)]) == []
    assert measured([]) == []
