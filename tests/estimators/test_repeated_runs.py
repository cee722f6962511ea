from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tuner_component.estimators.repeated_runs import (
    chance_of_luck,
    on_test_split,
    summed_up,
)
from tuner_component.trial import REPEAT_OF, Objective, Trial


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


def test_only_repeats_count_on_the_test_split():
    accuracy, trials = Objective("val_accuracy", "max"), _trials([-0.9, -0.8, -0.7])
    assert on_test_split(trials, "0000", accuracy) is None
    for trial, score in zip(trials, (0.1, 0.5, 0.7), strict=True):
        trial.report["test"] = {"test_accuracy": score, "test_loss": 3.0}
    runs = on_test_split(trials, "0000", accuracy)
    assert (runs.mean, runs.num_runs) == (pytest.approx(-0.6), 2)
    assert runs.standard_error == pytest.approx(stats.sem([0.5, 0.7]))
    assert on_test_split(trials, "0000", Objective("val_auc", "max")) is None
