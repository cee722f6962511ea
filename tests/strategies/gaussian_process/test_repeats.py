"""How likely a loss is new, learned from trials that repeated one."""

from __future__ import annotations

import numpy as np
import pytest

from tuner_component.strategies.gaussian_process.fit import Kernel
from tuner_component.strategies.gaussian_process.repeats import Repeats

RNG = np.random.default_rng(0)
PLACES = RNG.random((200, 2))


def repeats(losses, weights=(1.0, 1.0), *, ordered=True):
    kernel = Kernel(np.array(weights), np.full(2, ordered), 1.0, 0.01, 1.0)
    return Repeats(kernel, PLACES, np.array(losses, float))


def chance(found, places):
    return np.exp(found.log_chance_of_new(np.array(places, float)))


def test_where_nothing_was_repeated_every_loss_is_new():
    assert (chance(repeats(PLACES[:, 0]), PLACES) == 1).all()
    assert (chance(repeats(np.full(200, np.nan)), PLACES) == 1).all()


def test_there_are_no_steps_where_nothing_is_ordered():
    losses = np.floor(8 * PLACES) @ [1.0, 100.0]
    assert (chance(repeats(losses, ordered=False), PLACES) == 1).all()


def test_near_trials_a_loss_is_repeated_where_the_function_has_steps():
    """Of 8 by 8 cells, 200 trials meet nearly all; further out there are others."""
    found = repeats(np.floor(8 * PLACES) @ [1.0, 100.0])
    near, far = chance(found, [PLACES[199] + 0.001, [1.6, 1.6]])
    assert near < 0.1
    assert far > 0.5


def test_the_chance_is_as_often_right_as_it_says():
    """At random places; seeds are fixed, and 0.15 is 3 standard errors of 140."""
    losses = np.floor(8 * PLACES) @ [1.0, 100.0]
    found = repeats(np.where(np.arange(200) < 60, losses, np.nan))
    away = ((PLACES[60:, None] - PLACES[:60]) ** 2).sum(2)
    new = losses[60:] != losses[away.argmin(1)]
    said = chance(found, PLACES[60:])
    assert said.mean() == pytest.approx(new.mean(), abs=0.15)
    assert said[new].mean() > said[~new].mean() + 0.1


def test_coincidence_takes_the_same_from_everywhere():
    losses = RNG.integers(4, size=200)
    said = chance(repeats(losses), RNG.random((500, 2)))
    assert said.max() < 3 * said.min()


def test_a_parameter_that_changes_nothing_does_not_make_a_loss_new():
    """The kernel knows it: its weight is nearly 0."""
    found = repeats(np.floor(30 * PLACES[:, 0]), weights=(30.0, 1e-4))
    moved = PLACES[199] + [0.0, 1.0]
    assert chance(found, [moved])[0] < 0.2


def test_no_slope_of_a_distance_is_negative():
    """Further from all trials a loss is never less likely to be new."""
    losses = np.floor(PLACES[:, 0] * 5)
    out = [[1.0 + far, 1.0 + far] for far in (0.0, 1.0, 10.0)]
    assert (np.diff(chance(repeats(losses), out)) >= 0).all()
