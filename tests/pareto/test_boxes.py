from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tests.pareto.points import FEW
from tuner_component.pareto.boxes import improving
from tuner_component.pareto.hypervolume import contribution, hypervolume


def _dominated_of(point, lower, upper):
    """What a point dominates of the boxes."""
    return float(np.prod(np.maximum(upper - np.maximum(lower, point), 0), axis=1).sum())


@given(FEW)
def test_the_boxes_are_what_the_points_leave(losses):
    reference = np.full(losses.shape[1], 4.0)  # some points are not inside
    lower, upper = improving(losses, reference)
    assert (lower < upper).all()
    ideal = np.full(losses.shape[1], -1.0)
    rest = np.prod(reference - ideal) - hypervolume(losses, reference)
    assert _dominated_of(ideal, lower, upper) == pytest.approx(rest)


@pytest.mark.parametrize("num_objectives", [2, 3, 4])
def test_a_point_dominates_of_them_what_it_adds(num_objectives):
    rng = np.random.default_rng(num_objectives)
    losses, reference = rng.random((30, num_objectives)), np.full(num_objectives, 0.9)
    lower, upper = improving(losses, reference)
    for point in rng.random((100, num_objectives)) ** 3:
        added = contribution(point, losses, reference)
        assert _dominated_of(point, lower, upper) == pytest.approx(added)


@pytest.mark.parametrize("num_objectives", [2, 3, 4])
def test_they_do_not_overlap(num_objectives):
    rng = np.random.default_rng(num_objectives)
    losses, reference = rng.random((30, num_objectives)), np.ones(num_objectives)
    lower, upper = improving(losses, reference)
    draws = rng.random((2000, 1, num_objectives))
    inside = ((lower <= draws) & (draws < upper)).all(axis=2).sum(axis=1)
    beaten = (losses <= draws).all(axis=2).any(axis=1)
    assert (inside == ~beaten).all()


def test_without_points_all_is_one_box():
    lower, upper = improving(np.empty((0, 3)), np.array([1.0, 2.0, 3.0]))
    assert lower.tolist() == [[-np.inf] * 3]
    assert upper.tolist() == [[1.0, 2.0, 3.0]]


def test_three_objectives_take_two_boxes_a_point():
    rng = np.random.default_rng(0)
    angles = rng.normal(size=(60, 3))
    front = 1 - np.abs(angles) / np.linalg.norm(angles, axis=1, keepdims=True)
    lower, _ = improving(front, np.full(3, 1.1))
    assert len(lower) == 2 * 60 + 1
