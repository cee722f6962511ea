from __future__ import annotations

import numpy as np
import pytest

from tuner_component.strategies.gaussian_process.targets import (
    log_gaps,
    ranked,
    tempered,
)

LOSSES = np.random.default_rng(0).random(31)


@pytest.mark.parametrize("transform", [tempered, log_gaps, ranked])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_order_stays_and_the_scale_is_standard(scale, transform):
    targets = transform(LOSSES * scale + 5 * scale)
    assert (np.argsort(targets) == np.argsort(LOSSES)).all()
    assert targets.mean() == pytest.approx(0, abs=1e-9)
    assert targets.std() == pytest.approx(1)


def test_the_better_half_keeps_its_proportions():
    order = np.argsort(LOSSES)[:16]
    slope = np.diff(tempered(LOSSES)[order]) / np.diff(LOSSES[order])
    assert slope == pytest.approx(np.full(15, slope[0]))


def test_how_bad_the_worst_is_does_not_matter():
    bad = LOSSES.copy()
    bad[LOSSES.argmax()] = 1e30
    assert tempered(bad) == pytest.approx(tempered(LOSSES))


@pytest.mark.parametrize("transform", [tempered, log_gaps, ranked])
def test_a_failure_is_as_bad_as_the_worst(transform):
    failed = np.concatenate([LOSSES, [np.nan, np.nan]])
    targets = transform(failed)
    assert targets[-2:] == pytest.approx(targets[:-2].max())


@pytest.mark.parametrize("transform", [tempered, log_gaps, ranked])
def test_equal_losses_are_equal_targets(transform):
    targets = transform(np.array([3.0, 1.0, 3.0, 2.0, 3.0]))
    assert targets[0] == targets[2] == targets[4]
    assert targets[1] < targets[3] < targets[0]


@pytest.mark.parametrize("losses", [[7.0], [7.0, 7.0, 7.0], [7.0, np.nan]])
@pytest.mark.parametrize("transform", [tempered, log_gaps, ranked])
def test_without_differences_all_targets_are_0(losses, transform):
    assert transform(np.array(losses)).tolist() == [0.0] * len(losses)


@pytest.mark.parametrize("transform", [tempered, log_gaps, ranked])
def test_more_than_half_at_the_best_leaves_the_others_worse(transform):
    targets = transform(np.array([1.0, 1.0, 1.0, 1.0, 2.0, 9.0]))
    assert targets[0] == targets[3] < targets[4] < targets[5]


def test_gaps_that_grow_by_a_factor_are_evenly_spaced_far_from_the_best():
    gaps = np.array([0.0, 1e-3, 1.0, 50.0, 100.0, 200.0])
    targets = log_gaps(gaps + 7)
    expected = np.log(gaps + 0.1 * 25.5)
    slope = np.diff(targets) / np.diff(expected)
    assert slope == pytest.approx(np.full(5, slope[0]))


def test_beyond_a_hundred_times_the_median_all_are_as_bad():
    targets = log_gaps(np.array([0.0, 1.0, 1.0, 1.0, 99.0, 101.0, 1e30, np.nan]))
    assert targets[4] < targets[5] == targets[6] == targets[7]


@pytest.mark.parametrize("transform", [tempered, log_gaps, ranked])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_the_good_ones_stay_apart_from_each_other_however_bad_one_is(transform, scale):
    bad, worst = LOSSES * scale, LOSSES * scale
    bad[LOSSES.argmax()], worst[LOSSES.argmax()] = 1e30 * scale, 1e308
    assert transform(worst) == pytest.approx(transform(bad))


def test_ranks_have_no_scale():
    assert ranked(np.exp(50 * LOSSES)) == pytest.approx(ranked(LOSSES))
    assert ranked(np.arange(9.0)) == pytest.approx(-ranked(-np.arange(9.0)), abs=0.15)
