from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given

from tests.pareto.points import FEW
from tuner_component.pareto import hypervolume as hypervolume_module
from tuner_component.pareto.dominance import non_dominated
from tuner_component.pareto.hypervolume import (
    contribution,
    growth,
    hypervolume,
    reference_point,
)


def _by_inclusion_and_exclusion(losses, reference):
    total = 0.0
    for size in range(1, len(losses) + 1):
        for some in itertools.combinations(losses, size):
            edges = np.maximum(reference - np.max(some, axis=0), 0)
            total -= (-1) ** size * np.prod(edges)
    return total


@given(FEW)
def test_small_sets_by_inclusion_and_exclusion(losses):
    reference = np.full(losses.shape[1], 4.0)  # some points are not inside
    expected = _by_inclusion_and_exclusion(losses, reference)
    assert hypervolume(losses, reference) == pytest.approx(expected)


@pytest.mark.parametrize("num_objectives", [2, 3, 4])
def test_larger_sets_by_chance(num_objectives):
    """50 points, 40,000 draws: 0.0125 is 5 standard errors; fails once in 10^6."""
    rng = np.random.default_rng(num_objectives)
    losses = rng.random((50, num_objectives)) ** 2
    draws = rng.random((40_000, num_objectives))
    beaten = np.zeros(len(draws), bool)
    for point in losses:
        beaten |= (draws >= point).all(axis=1)
    found = hypervolume(losses, np.ones(num_objectives))
    assert found == pytest.approx(beaten.mean(), abs=0.0125)


@pytest.mark.parametrize("num_objectives", [3, 4])
def test_equal_values_count_once(num_objectives):
    rng = np.random.default_rng(num_objectives)
    losses = rng.integers(0, 4, (60, num_objectives))
    cells = np.indices((4,) * num_objectives).reshape(num_objectives, -1).T
    beaten = (cells[:, None] >= losses).all(axis=2).any(axis=1)
    reference = np.full(num_objectives, 4.0)
    assert hypervolume(losses.astype(float), reference) == beaten.sum()


def test_a_large_front_is_swept(monkeypatch):
    """0.6 s of one core; without the sweep over three objectives 4 s."""
    monkeypatch.delattr(hypervolume_module, "_area")
    rng = np.random.default_rng(0)
    points = np.abs(rng.normal(size=(1000, 4)))
    losses = 1 - points / np.linalg.norm(points, axis=1, keepdims=True)
    assert growth(losses)[-1] == pytest.approx(0.3423105604873)


@given(FEW)
def test_a_contribution_is_the_difference(losses):
    reference = np.full(losses.shape[1], 4.0)
    point, others = losses[0], losses[1:]
    expected = hypervolume(losses, reference) - hypervolume(others, reference)
    assert contribution(point, others, reference) == pytest.approx(expected)


@given(FEW)
def test_every_point_of_the_front_is_better_than_the_reference(losses):
    front = losses[non_dominated(losses)]
    assert (front < reference_point(losses)).all()


def test_the_reference_is_a_tenth_beyond_the_front():
    losses = np.array([[0.0, 10.0], [10.0, 0.0], [100.0, 100.0]])
    assert reference_point(losses).tolist() == [11.0, 11.0]
    assert reference_point(np.array([[0.0, 5.0], [2.0, 5.0]])).tolist() == [2.2, 6.1]


@given(FEW)
def test_the_hypervolume_grows_to_that_of_all(losses):
    after = growth(losses)
    assert all(one <= two for one, two in itertools.pairwise(after))
    assert after[-1] <= 1 + 1e-12
    reference, best = reference_point(losses), losses.min(axis=0)
    whole = hypervolume(losses, reference) / np.prod(reference - best)
    assert after[-1] == pytest.approx(whole)
