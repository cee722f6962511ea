from __future__ import annotations

import numpy as np
import pytest

from tuner_component.search_space import Float, SearchSpace
from tuner_component.search_space.encoding import Encoding
from tuner_component.strategies.gaussian_process.ensemble import Ensemble
from tuner_component.strategies.gaussian_process.surrogate import Observations
from tuner_component.strategies.prior_studies import PriorStudy, PriorTrial

SPACE = SearchSpace([Float("a", 0, 1), Float("b", 0, 1)])
ENCODING = Encoding(SPACE)
PLACES = np.random.default_rng(9).random((300, 2))


def bowl(a):
    return (a - 0.3) ** 2


def study(loss=bowl, num_trials=30, resource=None, name="earlier"):
    points = np.random.default_rng(1).random((num_trials, 2)).tolist()
    return PriorStudy(
        name,
        tuple(
            PriorTrial({"a": a, "b": b}, float(loss(a)), resource) for a, b in points
        ),
    )


def seen(num_trials, losses=None):
    features = np.random.default_rng(2).random((num_trials, 2))
    known = bowl(features[:, 0]) if losses is None else np.array(losses)
    return Observations(features, known, np.empty((0, 2)))


def weights(studies, observations):
    rng = np.random.default_rng(0)
    return Ensemble(ENCODING, studies).weights(observations, rng)


def nothing(features):
    """What today's trials are worth when they say nothing of any place."""
    return np.full(len(features), -5.0)


REVERSED = study(lambda a: -bowl(a), name="reversed")


def test_weights_add_up():
    assert weights([study(), REVERSED], seen(8)).sum() == pytest.approx(1)


def test_a_study_that_ranks_today_well_counts_most():
    today, good, bad = weights([study(), REVERSED], seen(8))
    assert good > 0.5 > today
    assert bad == 0


def test_a_study_that_ranks_today_wrongly_does_not_count():
    assert weights([REVERSED], seen(8)).tolist() == [1, 0]


def test_todays_trials_count_the_more_the_more_there_are():
    """The earlier study is a shifted bowl: nearly right."""
    near = study(lambda a: (a - 0.45) ** 2)
    few, many = (weights([near], seen(count))[0] for count in (5, 40))
    assert few < 0.6
    assert many > 0.8


@pytest.mark.parametrize("losses", [[0.5], [0.5, 0.5], [0.5, np.nan]])
def test_with_little_to_rank_everything_is_finite(losses):
    found = weights([study(), REVERSED], seen(len(losses), losses))
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(1)


def test_worth_is_where_an_earlier_study_was_good():
    ensemble = Ensemble(ENCODING, [study()])
    far = Observations(
        np.array([[0.8, 0.5], [0.9, 0.1], [0.7, 0.9]]),
        bowl(np.array([0.8, 0.9, 0.7])),
        np.empty((0, 2)),
    )
    worth = ensemble.worth(far, nothing, np.random.default_rng(0))(PLACES)
    assert abs(PLACES[worth.argmax(), 0] - 0.3) < 0.1


def test_studies_that_do_not_count_leave_worth_as_it_is():
    ensemble = Ensemble(ENCODING, [REVERSED])
    rng = np.random.default_rng(0)
    assert ensemble.worth(seen(8), nothing, rng) is nothing


def test_what_runs_takes_worth_from_its_place():
    place = np.array([[0.3, 0.5]])
    far = np.array([[0.8, 0.5], [0.9, 0.1], [0.7, 0.9]])
    found = []
    for running in (np.empty((0, 2)), place):
        observations = Observations(far, bowl(far[:, 0]), running)
        ensemble = Ensemble(ENCODING, [study()])
        worth = ensemble.worth(observations, nothing, np.random.default_rng(0))
        found.append(worth(place)[0])
    assert found[1] < found[0]


def test_an_earlier_study_has_nothing_to_say_where_its_best_was_tried():
    """However unsure it is: this one knows three trials."""
    ensemble = Ensemble(ENCODING, [study(num_trials=3)])
    ensemble.weights = lambda *_: np.array([0.1, 0.9])
    (best,) = [p.mean(PLACES).argmin() for p in ensemble._processes]
    features = np.concatenate([seen(8).features, PLACES[[best]]])
    tried = Observations(features, bowl(features[:, 0]), np.empty((0, 2)))
    worth = ensemble.worth(tried, nothing, np.random.default_rng(0))(PLACES)
    assert worth == pytest.approx(nothing(PLACES) + np.log(0.1))


def test_trials_of_other_lengths_are_studies_of_their_own():
    mixed = PriorStudy(
        "mixed", study().trials + study(lambda a: -bowl(a), resource=3.0).trials
    )
    assert len(weights([mixed], seen(8))) == 3
    assert weights([mixed], seen(8))[2] == 0


def test_a_study_of_two_trials_is_left_out():
    assert weights([study(num_trials=2)], seen(8)).tolist() == [1]
