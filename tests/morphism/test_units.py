from __future__ import annotations

import numpy as np
import pytest

from tuner_component.morphism import units


@pytest.mark.parametrize(("old", "new"), [(1, 1), (5, 5), (5, 6), (3, 40)])
def test_wider_layers_begin_with_the_old_units_and_share_them(old, new):
    made = units.wider(old, new, np.random.default_rng(0))
    assert list(made.of[:old]) == list(range(old))
    assert made.of.max() < old
    np.testing.assert_allclose(np.bincount(made.of, made.shares), np.ones(old))
    assert made.is_same == (old == new)


def test_those_that_repeat_a_unit_have_unequal_shares():
    made = units.wider(1, 9, np.random.default_rng(0))
    assert len(set(made.shares)) == 9


def test_wider_and_wider_again_is_wider():
    generator = np.random.default_rng(0)
    twice = units.wider(3, 5, generator).then(units.wider(5, 9, generator))
    np.testing.assert_allclose(np.bincount(twice.of, twice.shares), np.ones(3))


def test_flattened_units_are_those_of_every_place():
    image = np.arange(2 * 3).reshape(2, 3)  # places, units
    made = units.Units(np.array([0, 1, 2, 1]), np.array([1, 0.25, 1, 0.75]))
    flat = made.at_each(2)
    wider = image[:, made.of]
    assert list(image.reshape(-1)[flat.of]) == list(wider.reshape(-1))
    np.testing.assert_allclose(np.bincount(flat.of, flat.shares), np.ones(6))


def test_new_parts_of_a_concatenation_are_nobodys_units():
    made = units.side_by_side([units.same(2), units.none(1), units.same(3)], [0, 0, 2])
    assert list(made.of) == [0, 1, -1, 2, 3, 4]
    assert list(made.shares) == [1, 1, 0, 1, 1, 1]
    assert list(made.at_each(2).of) == [0, 1, -1, 2, 3, 4, 5, 6, -1, 7, 8, 9]
