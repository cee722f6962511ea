from __future__ import annotations

import numpy as np
import pytest

from tuner_component.strategies.latin_hypercube import LatinHypercube


@pytest.mark.parametrize("start", [0, 5, 50])
def test_every_coordinate_has_one_value_in_every_interval(start):
    sequence = LatinHypercube(5, 12, seed=0)
    points = np.stack([sequence.point(start + number) for number in range(5)])
    assert (np.arange(5) == np.sort(np.floor(5 * points), axis=0).T).all()


def test_coordinates_are_in_orders_of_their_own():
    sequence = LatinHypercube(8, 6, seed=0)
    points = np.stack([sequence.point(number) for number in range(8)])
    assert len({tuple(order) for order in np.argsort(points, axis=0).T}) == 6


def test_the_points_depend_on_seed_and_number_only():
    one, again, other = (LatinHypercube(4, 3, seed) for seed in (0, 0, 1))
    one.point(0)
    assert one.point(9).tolist() == again.point(9).tolist()
    assert one.point(9).tolist() != other.point(9).tolist()
    assert one.point(9).tolist() != one.point(5).tolist()
