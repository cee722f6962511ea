from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tuner_component.search_space import Float, SearchSpace
from tuner_component.search_space.encoding import Encoding
from tuner_component.strategies.gaussian_process.prior import separate
from tuner_component.strategies.gaussian_process.surrogate import (
    Observations,
    Surrogate,
)

ENCODING = Encoding(SearchSpace([Float("a", 0, 1), Float("b", 0, 1)]))
RNG = np.random.default_rng(0)
FEATURES = RNG.random((25, 2))
SEEN = Observations(FEATURES, (FEATURES[:, 0] - 0.3) ** 2, np.empty((0, 2)))
PLACES = RNG.random((200, 2))


def worth(seen: Observations, places=PLACES) -> np.ndarray:
    return Surrogate(separate(ENCODING)).worth(seen)(places)


def test_a_used_surrogate_says_the_same():
    used = Surrogate(separate(ENCODING))
    fewer = dataclasses.replace(
        SEEN, features=SEEN.features[:9], losses=SEEN.losses[:9]
    )
    for seen in (SEEN, fewer, SEEN, SEEN):
        assert (used.worth(seen)(PLACES) == worth(seen)).all()


def test_the_order_of_candidates_does_not_matter():
    assert worth(SEEN, PLACES[::-1])[::-1] == pytest.approx(worth(SEEN))


def test_the_neighbourhood_of_the_optimum_is_worth_most():
    assert abs(PLACES[worth(SEEN).argmax(), 0] - 0.3) < 0.1


def test_what_runs_takes_worth_from_its_place():
    best = PLACES[worth(SEEN).argmax()][None]
    running = dataclasses.replace(SEEN, running=best)
    assert worth(running, best)[0] < worth(SEEN, best)[0]


def test_seconds_take_worth_from_what_is_slow():
    slow = np.exp(3 * FEATURES[:, 1])
    timed = dataclasses.replace(SEEN, seconds=slow)
    change = worth(timed) - worth(SEEN)
    assert np.polyfit(PLACES[:, 1], change, 1)[0] == pytest.approx(-3, rel=0.2)
    level = dataclasses.replace(SEEN, seconds=np.full(25, 7.0))
    assert worth(level) == pytest.approx(worth(SEEN))


def test_where_trials_failed_is_not_where_the_next_should_be():
    """The optimum is at 0.3."""
    failed = dataclasses.replace(
        SEEN, losses=np.where(FEATURES[:, 0] < 0.5, np.nan, SEEN.losses)
    )
    assert PLACES[worth(failed).argmax(), 0] > 0.45


def test_what_may_repeat_a_loss_is_worth_less():
    """Cells of a fifth; plateaus take 1,000, which is not what this is about."""
    steps = np.floor(5 * FEATURES) @ [1.0, 10.0]
    apart = dataclasses.replace(SEEN, losses=steps + 1e-9 * np.arange(25))
    less = worth(apart) - worth(dataclasses.replace(SEEN, losses=steps))
    off_plateaus = less[less < 500]
    assert len(off_plateaus) > 100
    assert np.median(off_plateaus) > 0.3
