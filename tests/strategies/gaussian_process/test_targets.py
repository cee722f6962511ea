from __future__ import annotations

import numpy as np
import pytest

from tuner_component.strategies.gaussian_process.targets import tempered

LOSSES = np.random.default_rng(0).random(31)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_order_stays_and_the_scale_is_standard(scale):
    targets = tempered(LOSSES * scale + 5 * scale)
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


def test_a_failure_is_as_bad_as_the_worst():
    failed = np.concatenate([LOSSES, [np.nan, np.nan]])
    targets = tempered(failed)
    assert targets[-2:] == pytest.approx(targets[:-2].max())


def test_equal_losses_are_equal_targets():
    targets = tempered(np.array([3.0, 1.0, 3.0, 2.0, 3.0]))
    assert targets[0] == targets[2] == targets[4]
    assert targets[1] < targets[3] < targets[0]


@pytest.mark.parametrize("losses", [[7.0], [7.0, 7.0, 7.0], [7.0, np.nan]])
def test_without_differences_all_targets_are_0(losses):
    assert tempered(np.array(losses)).tolist() == [0.0] * len(losses)


def test_more_than_half_at_the_best_leaves_the_others_worse():
    targets = tempered(np.array([1.0, 1.0, 1.0, 1.0, 2.0, 9.0]))
    assert targets[0] == targets[3] < targets[4] < targets[5]
