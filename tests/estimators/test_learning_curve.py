from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tuner_component.estimators.learning_curve import LEAST_POINTS, chance_to_beat
from tuner_component.estimators.student import student_cdf

EPOCHS = np.arange(1.0, 11.0)
FULL = 50


def _power_law(end, drop, noise=0.0, seed=0):
    generator = np.random.default_rng(seed)
    return end + drop * EPOCHS**-0.75 + noise * generator.normal(size=len(EPOCHS))


@pytest.mark.parametrize("freedom", [1, 2, 3, 6, 7, 40, 41])
def test_student_cdf_is_scipys(freedom):
    values = np.linspace(-12, 12, 41)
    expected = stats.t.cdf(values, freedom)
    np.testing.assert_allclose(student_cdf(values, freedom), expected, atol=1e-12)


def test_many_degrees_of_freedom_are_a_normal_distribution():
    values = np.linspace(-4, 4, 9)
    expected = stats.norm.cdf(values)
    np.testing.assert_allclose(student_cdf(values, 100_000), expected, atol=2e-3)


def test_a_curve_far_above_the_target_has_no_chance():
    assert chance_to_beat(EPOCHS, _power_law(0.5, 0.4), FULL, 0.1) < 1e-3


def test_a_curve_on_its_way_below_the_target_goes_on():
    curve = _power_law(0.2, 0.8)
    assert curve[-1] > 0.3
    assert chance_to_beat(EPOCHS, curve, FULL, 0.3) > 0.8


def test_a_higher_target_is_easier():
    curve = _power_law(0.3, 0.5, noise=0.01)
    targets = np.linspace(-0.5, curve.min(), 20)
    chances = [chance_to_beat(EPOCHS, curve, FULL, target) for target in targets]
    assert chances == sorted(chances)
    assert chances[0] < 0.05 < 0.5 < chances[-1]


def test_noise_makes_it_less_sure():
    quiet = chance_to_beat(EPOCHS, _power_law(0.5, 0.2), FULL, 0.45)
    loud = [
        chance_to_beat(EPOCHS, _power_law(0.5, 0.2, 0.05, seed), FULL, 0.35)
        for seed in range(20)
    ]
    assert quiet < 0.01
    assert np.mean(loud) > quiet


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e6, 0.0), (1.0, -3.0)])
def test_the_unit_of_the_loss_does_not_matter(scale, shift):
    curve = _power_law(0.3, 0.5, noise=0.01)
    moved = chance_to_beat(EPOCHS, scale * curve + shift, FULL, scale * 0.3 + shift)
    assert moved == pytest.approx(chance_to_beat(EPOCHS, curve, FULL, 0.3), rel=1e-5)


def test_the_unit_of_the_resource_does_not_matter():
    curve = _power_law(0.3, 0.5, noise=0.01)
    moved = chance_to_beat(100 * EPOCHS, curve, 100 * FULL, 0.3)
    assert moved == pytest.approx(chance_to_beat(EPOCHS, curve, FULL, 0.3))


def test_few_points_and_a_beaten_target_give_every_chance():
    curve = _power_law(0.5, 0.4)
    few = LEAST_POINTS - 1
    assert chance_to_beat(EPOCHS[:few], curve[:few], FULL, 0.1) == 1.0
    assert chance_to_beat(EPOCHS, curve, FULL, curve.min() + 1e-6) == 1.0


def test_nothing_is_left_to_gain_at_the_end():
    assert chance_to_beat(EPOCHS, _power_law(0.5, 0.4), 10, 0.1) == 0.0


def test_a_flat_curve_stays_where_it_is():
    assert chance_to_beat(EPOCHS, np.full(10, 0.7), FULL, 0.5) < 1e-3


def test_it_is_calibrated_on_curves_of_its_own_families():
    generator = np.random.default_rng(0)
    below = 0
    for _ in range(300):
        exponent, drop = generator.uniform(0.2, 2), generator.uniform(0.2, 1)
        noise = generator.normal(size=11) * 0.01
        curve = 0.3 + drop * np.append(EPOCHS, FULL) ** -exponent + noise
        # The curve's own end: its chance to get below is uniform, if all is right.
        below += chance_to_beat(EPOCHS, curve[:-1], FULL, curve[-1]) < 0.05
    assert below / 300 < 0.08
