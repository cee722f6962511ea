from __future__ import annotations

import pytest

from tuner_component.pareto import ranking
from tuner_component.pareto.ranking import hypervolumes, pareto_set, ranked
from tuner_component.trial import Objective, RungResult, Trial, TrialState

_BOTH = (Objective("error", "min"), Objective("size", "min"))


def _trial(number, losses=(), state=TrialState.COMPLETED, resource=None):
    rungs = () if resource is None else (RungResult(resource, losses[0], 0.0, losses),)
    loss = losses[0] if losses else None
    return Trial(
        f"{number:04d}", number, {}, 0, state, score=loss, loss=loss, losses=losses,
        rungs=rungs,
    )  # fmt: skip


def _ids(trials):
    return [trial.number for trial in trials]


@pytest.fixture
def trials():
    return [
        _trial(0, (9.0, 9.0)),
        _trial(1, (0.0, 8.0)),
        _trial(2, (1.0, 1.0)),
        _trial(3, state=TrialState.FAILED),
        _trial(4, (8.0, 0.0)),
        _trial(5, (2.0, 2.0)),
        _trial(6, (0.0, 0.0), TrialState.PAUSED, 3),
    ]


def test_the_compromise_is_first_then_the_front_then_the_dominated(trials):
    assert _ids(ranked(trials, _BOTH)) == [2, 1, 4, 5, 0, 6]


def test_weights_move_the_compromise(trials):
    error, size = Objective("error", "min", weight=50.0), _BOTH[1]
    assert ranked(trials, [error, size])[0].number == 1
    assert ranked(trials, [Objective("error", "min", 0.02), size])[0].number == 4


def test_the_first_of_equals_wins():
    trials = [_trial(0, (3.0, 3.0)), _trial(1, (1.0, 1.0)), _trial(2, (1.0, 1.0))]
    assert _ids(ranked(trials, _BOTH)) == [1, 2, 0]


def test_only_trials_with_the_most_training_are_compared(trials):
    assert _ids(pareto_set(trials)) == [1, 2, 4]
    paused = [
        _trial(0, (0.0, 0.0), TrialState.PAUSED, 1),
        _trial(1, (5.0, 5.0), TrialState.PAUSED, 3),
        _trial(2, (4.0, 6.0), TrialState.PAUSED, 3),
    ]
    assert _ids(pareto_set(paused)) == [1, 2]
    assert ranked(paused, _BOTH)[-1].number == 0


def test_one_objective_is_by_loss(trials):
    assert _ids(ranked(trials, _BOTH[:1])) == [1, 2, 5, 4, 0, 6]
    single = [Trial("0000", 0, {}, 0, TrialState.COMPLETED, score=1.0, loss=1.0)]
    assert pareto_set(single) == hypervolumes(single) == []


def test_hypervolumes_are_of_the_completed_trials(trials):
    found = hypervolumes(trials)
    assert len(found) == 5
    assert found == sorted(found)
    assert found[2] > found[1]


def test_the_report_and_the_record_share_the_hypervolumes(trials, monkeypatch):
    found = hypervolumes(trials)
    monkeypatch.setattr(ranking, "growth", None)
    assert hypervolumes(list(trials)) == found
