from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tuner_component.search_space import Float, SearchSpace
from tuner_component.search_space.encoding import Encoding
from tuner_component.strategies.gaussian_process import front
from tuner_component.strategies.gaussian_process.prior import separate
from tuner_component.strategies.gaussian_process.surrogate import (
    Observations,
    Surrogate,
)

ENCODING = Encoding(SearchSpace([Float("a", 0, 1), Float("b", 0, 1)]))
RNG = np.random.default_rng(0)
FEATURES = RNG.random((25, 2))
PLACES = RNG.random((300, 2))


def objectives(features):
    """No place is better in both than another where b is 0.3."""
    a, b = features.T
    away = 3 * (b - 0.3) ** 2
    return np.column_stack([a + away, 1e6 * (1 - a + away)])


LOSSES = objectives(FEATURES)
SEEN = Observations(FEATURES, front.order(LOSSES), np.empty((0, 2)))


def worth(losses=LOSSES, places=PLACES, by_rank=False, **changes):
    seen = dataclasses.replace(SEEN, losses=front.order(losses), **changes)
    surrogate = Surrogate(separate(ENCODING))
    return front.worth(surrogate, seen, losses, by_rank=by_rank)(places)


@pytest.mark.parametrize("by_rank", [False, True])
def test_what_lies_on_the_front_is_worth_most(by_rank):
    best = PLACES[np.argsort(-worth(by_rank=by_rank))[:20]]
    assert np.median(np.abs(best[:, 1] - 0.3)) < 0.15
    assert np.ptp(best[:, 0]) > 0.3


def test_the_scale_of_an_objective_does_not_matter():
    assert worth(LOSSES * [1e-30, 1e30]) == pytest.approx(worth(), rel=1e-6)


def test_by_rank_only_the_order_of_losses_matters():
    skewed = np.column_stack([np.exp(30 * LOSSES[:, 0]), LOSSES[:, 1] ** 3])
    by_rank = worth(skewed, by_rank=True)
    assert by_rank == pytest.approx(worth(by_rank=True), rel=1e-6)


def test_what_runs_takes_worth_from_its_place():
    best = PLACES[worth().argmax()][None]
    assert worth(places=best, running=best)[0] < worth(places=best)[0]


def test_what_runs_makes_sure_of_its_surroundings():
    """Its loss alone, no better than others', would take 1.8 from them."""
    few = {"losses": LOSSES[:6], "features": FEATURES[:6]}
    best = PLACES[worth(**few).argmax()][None]
    near = best + 0.03
    change = worth(places=near, running=best, **few) - worth(places=near, **few)
    assert change[0] < -2.2


def test_seconds_take_worth_from_what_is_slow():
    change = worth(seconds=np.exp(3 * FEATURES[:, 1])) - worth()
    assert np.polyfit(PLACES[:, 1], change, 1)[0] == pytest.approx(-3, rel=0.2)


def test_where_trials_failed_is_not_where_the_next_should_be():
    failed = np.where(FEATURES[:, :1] < 0.5, np.nan, LOSSES)
    assert PLACES[worth(failed).argmax(), 0] > 0.45


def test_what_may_repeat_all_losses_is_worth_less():
    """Cells of a third, in each of which both losses are the same."""
    steps = np.floor(3 * FEATURES) @ [[1.0, -1.0], [10.0, 10.0]]
    apart = steps + 1e-9 * np.arange(25)[:, None]
    assert np.median(worth(apart) - worth(steps)) > 0.3
