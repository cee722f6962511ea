from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tests.pareto.points import FEW
from tuner_component.pareto.dominance import distances, non_dominated, scaled


def _beats(one, other):
    return all(one <= other) and any(one < other)


@given(FEW)
def test_the_front_is_that_of_the_definition(losses):
    expected = [not any(_beats(other, point) for other in losses) for point in losses]
    assert non_dominated(losses).tolist() == expected


def test_equal_points_are_kept_together():
    losses = np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0], [2.0, 2.0]])
    assert non_dominated(losses).tolist() == [True, True, True, False]


def test_many_points_have_a_front_that_beats_the_others():
    losses = np.random.default_rng(0).random((10_000, 3))
    front = losses[non_dominated(losses)]
    assert non_dominated(front).all()
    dominated = losses[~non_dominated(losses)]
    assert all((front <= point).all(axis=1).any() for point in dominated[:200])


def test_losses_are_scaled_from_the_best_to_the_median():
    losses = np.array([[1.0, 10.0], [3.0, 30.0], [1e9, 20.0]])
    assert scaled(losses)[:2].tolist() == [[0.0, 0.0], [1.0, 2.0]]


@pytest.mark.parametrize(
    "column", [[5.0, 5.0, 5.0], [0.0, 0.0, 7.0], [-1e308, 0.0, 1e308]]
)
def test_any_finite_losses_have_a_scale(column):
    found = scaled(np.array([column, [1.0, 2.0, 3.0]]).T)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


@given(FEW)
def test_the_nearest_point_is_not_dominated_and_weights_have_no_scale(losses):
    weights = np.arange(1.0, losses.shape[1] + 1)
    away = distances(losses, weights)
    assert non_dominated(losses)[np.flatnonzero(away == away.min())].all()
    np.testing.assert_allclose(distances(losses, 10 * weights), away)


def test_a_weight_draws_the_nearest_point_to_its_objective():
    losses = np.array([[0.0, 4.0], [1.0, 1.0], [4.0, 0.0]])
    assert distances(losses, np.array([1.0, 1.0])).argmin() == 1
    assert distances(losses, np.array([99.0, 1.0])).argmin() == 0
    assert distances(losses, np.array([1.0, 99.0])).argmin() == 2
