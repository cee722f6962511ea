from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tuner_component.estimators.repeated_runs import chance_of_luck, summed_up
from tuner_component.trial import REPEAT_OF, Trial


def _trials(losses, of="0000", first=0):
    return [
        Trial(
            f"{number:04d}",
            number,
            {},
            number,
            loss=loss,
            note={} if number == first else {REPEAT_OF: of},
        )
        for number, loss in enumerate(losses, first)
    ]


def test_mean_and_standard_error():
    losses = [1.0, 2.0, 4.0]
    runs = summed_up(_trials(losses), "0000")
    assert runs.mean == pytest.approx(np.mean(losses))
    assert runs.standard_error == pytest.approx(stats.sem(losses))
    assert runs.num_runs == 3
    assert summed_up(_trials([1.0]), "0000").standard_error == 0.0
    assert summed_up(_trials([None]), "0000") is None


def test_luck_is_welchs_test_with_whole_degrees_of_freedom():
    generator = np.random.default_rng(0)
    one, other = generator.normal(0.0, 1, 30), generator.normal(0.5, 2, 40)
    better = summed_up(_trials(one), "0000")
    worse = summed_up(_trials(other, of="0100", first=100), "0100")
    expected = stats.ttest_ind(one, other, equal_var=False, alternative="less").pvalue
    assert chance_of_luck(better, worse) == pytest.approx(expected, rel=0.02)


def test_a_single_run_says_nothing():
    better, worse = summed_up(_trials([1.0]), "0000"), summed_up(_trials([2.0]), "0000")
    assert chance_of_luck(better, worse) == 0.5
