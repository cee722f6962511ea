"""A search by an oracle goes on from any history as it would have."""

import copy
import dataclasses

import keras_tuner
import pytest
from keras_tuner.src.engine import oracle as oracle_module

from tests.keras_tuner_adapter.ask_and_tell import completed, search, through_json
from tests.keras_tuner_adapter.oracles import (
    STOCK,
    Counting,
    answer,
    failed,
    oracle,
    small_space,
)
from tuner_component.errors import StudyMismatchError
from tuner_component.keras_tuner_adapter.oracle_strategy import OracleStrategy
from tuner_component.strategies.base import Wait


@pytest.mark.parametrize(
    ("kind", "limit"),
    [("random", 1000), ("grid", 1000), ("bayesian", 6), ("hyperband", 1000)],
)
def test_resumes_from_every_prefix(kind, limit):
    whole, reason = search(OracleStrategy(oracle(kind)), answer, max_trials=limit)
    for length in range(len(whole) + 1):
        resumed = OracleStrategy(oracle(kind))
        again = search(resumed, answer, history=whole[:length], max_trials=limit)
        assert again == (whole, reason)


@STOCK
@pytest.mark.parametrize("next_to_end", [0, -1], ids=["oldest", "newest"])
def test_resumes_a_parallel_search_from_every_prefix(kind, next_to_end):
    asked = []

    class Recorded(OracleStrategy):
        def propose(self, history, count):
            actions = super().propose(history, count)
            asked.append((history, count, actions))
            return actions

    search(Recorded(oracle(kind)), answer, slots=3, next_to_end=next_to_end)
    assert any(isinstance(actions[-1], Wait) for _, _, actions in asked)
    for history, count, actions in asked:
        again = OracleStrategy(oracle(kind)).propose(history, count)
        assert through_json(again) == through_json(actions)


@STOCK
def test_history_and_oracle_are_left_alone(kind):
    given = oracle(kind)
    before = copy.deepcopy(given.get_state())
    strategy = OracleStrategy(given)
    history, _ = search(strategy, answer, max_trials=5)
    snapshot = copy.deepcopy(history)
    strategy.propose(history, 2)
    assert history == snapshot
    assert given.get_state() == before
    assert not given.trials


@STOCK
def test_another_history_gives_what_a_fresh_strategy_gives(kind):
    strategy = OracleStrategy(oracle(kind))
    history, _ = search(strategy, answer, max_trials=6)
    for other in (
        history[:3],
        [*history[:2], failed(dataclasses.replace(history[2], metrics={}))],
        [],
    ):
        expected = OracleStrategy(oracle(kind)).propose(other, 2)
        assert through_json(strategy.propose(other, 2)) == through_json(expected)


def test_the_study_counts_trials_not_the_oracle():
    history, _ = search(OracleStrategy(oracle("random")), answer, max_trials=12)
    assert len(history) == 12
    raised = OracleStrategy(oracle("random", seed=7))
    raised._oracle.max_trials = 100
    more, _ = search(raised, answer, max_trials=14, history=history)
    assert more[:12] == history


@STOCK
def test_hyperparameters_found_in_a_trial_join_the_space(kind):
    def discovering(trial):
        hp = keras_tuner.HyperParameters.from_config(
            {"space": small_space().get_config()["space"], "values": {**trial.values}}
        )
        if trial.number >= 4:
            hp.Int("late", 1, 1000)
        report = {"hyperparameters": through_json(hp.get_config())}
        return completed(trial, trial.values["a"], report=report)

    def run(history=()):
        strategy = OracleStrategy(oracle(kind))
        return search(strategy, discovering, max_trials=14, history=history)[0]

    whole = run()
    assert ["late" in trial.values for trial in whole] == [False] * 5 + [True] * 9
    assert run(whole[:1]) == run(whole[:13]) == whole


def test_an_oracle_of_the_users_own_resumes_from_its_state():
    whole, _ = search(OracleStrategy(Counting(small_space())), answer, max_trials=8)
    assert [trial.note["oracle_state"]["count"] for trial in whole] == list(range(1, 9))
    for length in range(8):
        resumed, _ = search(
            OracleStrategy(Counting(small_space())),
            answer,
            max_trials=8,
            history=whole[:length],
        )
        assert resumed == whole


def test_a_grid_that_has_changed_is_refused_with_the_difference():
    history, _ = search(OracleStrategy(oracle("grid")), answer, max_trials=4)
    space = keras_tuner.HyperParameters()
    space.Choice("a", [1, 2])
    changed = OracleStrategy(oracle("grid", hyperparameters=space))
    with pytest.raises(StudyMismatchError, match="no longer proposes"):
        changed.propose(history, 1)


def test_trials_of_another_strategy_are_refused():
    history, _ = search(OracleStrategy(oracle("random")), answer, max_trials=1)
    foreign = [dataclasses.replace(history[0], note={})]
    with pytest.raises(StudyMismatchError, match="no KerasTuner oracle proposed"):
        OracleStrategy(oracle("random")).propose(foreign, 1)


def test_replaced_oracles_do_not_stay_in_keras_tuners_tables():
    strategy = OracleStrategy(oracle("random"))
    history, _ = search(strategy, answer, max_trials=3)
    before = len(oracle_module.LOCKS)
    for _ in range(5):
        strategy.propose(history[:1], 1)
        strategy.propose(history, 1)
    assert len(oracle_module.LOCKS) <= before
