from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tuner_component.pareto.boxes import improving
from tuner_component.pareto.hypervolume import contribution
from tuner_component.strategies.gaussian_process import acquisition
from tuner_component.strategies.gaussian_process.acquisition import (
    log_expected_hypervolume_improvement,
    log_expected_improvement,
)


def test_it_is_the_logarithm_of_the_expected_improvement():
    mean, stddev = np.array([-1.0, 0.0, 0.4, 2.0]), np.array([0.5, 1.0, 0.2, 0.7])
    z = (0.3 - mean) / stddev
    plain = stddev * (stats.norm.pdf(z) + z * stats.norm.cdf(z))
    log = log_expected_improvement(mean, stddev, 0.3)
    assert np.exp(log) == pytest.approx(plain)


def test_it_is_the_mean_of_the_improvements_drawn():
    """500,000 draws: 5 sigma of the mean is 0.002; by chance once in 1e6 runs."""
    draws = np.random.default_rng(0).normal(1.0, 0.5, 500_000)
    log = log_expected_improvement(np.array([1.0]), np.array([0.5]), 0.8)
    assert np.exp(log[0]) == pytest.approx(np.maximum(0.8 - draws, 0).mean(), abs=2e-3)


def test_it_stays_finite_and_in_order_far_from_the_incumbent():
    mean = np.concatenate([np.linspace(0, 60, 2000), np.geomspace(1e2, 1e9, 2000)])
    log = log_expected_improvement(mean, np.ones(len(mean)), 0.0)
    assert np.isfinite(log).all()
    assert (np.diff(log) < 0).all()
    # Mills' ratio: log h(-z) tends to -z**2 / 2 - log(sqrt(2 pi)) - 2 log z.
    z = mean[-1000:]
    assert log[-1000:] == pytest.approx(-(z**2) / 2 - np.log(z**2 * np.sqrt(2 * np.pi)))


def test_the_two_forms_meet():
    mean = np.array([1 - 1e-9, 1 + 1e-9, 1e5 - 1e-3, 1e5 + 1e-3])
    log = log_expected_improvement(mean, np.ones(4), 0.0)
    assert log[0] == pytest.approx(log[1])
    assert log[2] == pytest.approx(log[3])


@pytest.mark.parametrize("num_objectives", [2, 3, 4])
def test_the_hypervolume_is_the_mean_of_what_is_added(num_objectives):
    """4,000 draws; 5 standard errors, so that one in 10^6 fails by chance."""
    rng = np.random.default_rng(num_objectives)
    losses, reference = rng.random((8, num_objectives)), np.ones(num_objectives)
    means, stddevs = rng.random((2, 4, num_objectives))
    log = log_expected_hypervolume_improvement(
        means, 0.4 * stddevs, *improving(losses, reference)
    )
    for value, mean, stddev in zip(np.exp(log), means, 0.4 * stddevs, strict=True):
        draws = rng.normal(mean, stddev, (4_000, num_objectives))
        added = [contribution(draw, losses, reference) for draw in draws]
        assert value == pytest.approx(np.mean(added), abs=5 * stats.sem(added))


def test_the_hypervolume_stays_in_order_far_from_the_front():
    boxes = improving(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([2.0, 2.0]))
    far = np.geomspace(1, 1e6, 1000)
    means = np.column_stack([far, far])
    log = log_expected_hypervolume_improvement(means, np.full((1000, 2), 1e-2), *boxes)
    assert np.isfinite(log).all()
    assert (np.diff(log) < 0).all()


def test_many_places_are_taken_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    boxes = improving(rng.random((9, 2)), np.ones(2))
    means, stddevs = rng.random((2, 50, 2))
    whole = log_expected_hypervolume_improvement(means, stddevs, *boxes)
    monkeypatch.setattr(acquisition, "_MAX_CELLS", 30)
    parts = log_expected_hypervolume_improvement(means, stddevs, *boxes)
    assert parts == pytest.approx(whole, rel=1e-12)
