from __future__ import annotations

import pytest

from tests.contracts.fidelity_contract import by_rung
from tests.contracts.strategy_contract import CONTINUOUS, keys, pending, promote
from tuner_component.search_space import Choice, SearchSpace
from tuner_component.strategies import audit
from tuner_component.strategies.base import Done, Promote, Suggest
from tuner_component.strategies.brackets import Bracket, Rung
from tuner_component.strategies.hyperband import Hyperband
from tuner_component.strategies.successive_halving import SuccessiveHalving
from tuner_component.trial import RungResult, Trial, TrialState

NUMBERS = SearchSpace([Choice("number", tuple(range(500)))])


def run(strategy, loss):
    """Runs to the end with losses by number and resource; returns trials and reason."""
    trials = []
    while True:
        (action,) = strategy.propose(trials, 1)
        if isinstance(action, Done):
            return trials, action.reason
        if isinstance(action, Suggest):
            trials.append(pending(action, len(trials)))
            number = len(trials) - 1
        else:
            assert isinstance(action, Promote)
            number = promote(trials, action)
        trial = trials[number]
        resource = trial.fidelity.value
        value = loss(trial.values["number"], resource)
        state = TrialState.COMPLETED if trial.fidelity.is_full else TrialState.PAUSED
        fields = {"state": state, "loss": value, "score": value}
        rungs = (*trial.rungs, RungResult(resource, value))
        trials[number] = Trial(**{**vars(trial), **fields, "rungs": rungs})


def halving(seed=0, **options):
    options = {"num_configurations": 32, "max_resource": 16, **options}
    return SuccessiveHalving(NUMBERS, seed, **options)


def test_where_the_order_holds_the_plan_is_kept():
    strategy = halving()
    trials, reason = run(strategy, lambda number, resource: number - resource)
    assert by_rung(trials) == {1: 35, 2: 19, 4: 11, 8: 7, 16: 5}
    assert sum(trial.fidelity.value for trial in trials) == strategy.plan.total_resource
    assert "the order after 1 epochs agrees" in reason
    best = min(trials, key=lambda trial: trial.values["number"])
    assert best.state is TrialState.COMPLETED


def test_where_curves_cross_at_the_end_nobody_drops_out():
    def crossing(number, resource):
        return number if resource == 16 else -number

    trials, reason = run(halving(), crossing)
    assert {trial.state for trial in trials} == {TrialState.COMPLETED}
    assert len(trials) == 35
    assert "the order before 16 epochs disagrees" in reason


def test_where_curves_cross_early_all_pass_the_rungs_that_mislead():
    """Four more are audited before a rung that gives four times as much is trusted."""

    def crossing(number, resource):
        return number if resource >= 4 else -number

    trials, reason = run(halving(), crossing)
    assert by_rung(trials) == {1: 35, 2: 35, 4: 35, 8: 11, 16: 9}
    assert "the order before 4 epochs disagrees" in reason
    best = min(trials, key=lambda trial: trial.values["number"])
    assert best.state is TrialState.COMPLETED


def test_without_the_guard_crossing_curves_mislead():
    def crossing(number, resource):
        return number if resource == 16 else -number

    trials, reason = run(halving(guard=False), crossing)
    assert by_rung(trials) == {1: 32, 2: 16, 4: 8, 8: 4, 16: 2}
    assert "order" not in reason


def test_hyperband_amends_its_first_bracket():
    def crossing(number, resource):
        return number if resource == 27 else -number

    strategy = Hyperband(NUMBERS, 0, max_resource=27)
    trials, reason = run(strategy, crossing)
    first = [trial for trial in trials if trial.note["bracket"] == 1]
    assert len(first) == 27
    assert {trial.state for trial in first} == {TrialState.COMPLETED}
    assert "the order before 27 epochs disagrees" in reason


def test_the_audit_counts_as_configurations():
    strategy = SuccessiveHalving(CONTINUOUS, 0, max_resource=16, max_trials=30)
    assert strategy.num_configurations == 30
    assert strategy.plan.brackets[0].num_configurations == 3
    assert strategy.plan.is_least


@pytest.mark.parametrize("max_trials", [2, 10, 20])
def test_small_searches_have_no_audit(max_trials):
    strategy = SuccessiveHalving(CONTINUOUS, 0, max_resource=16, max_trials=max_trials)
    assert len(strategy.plan.brackets) == 1
    assert strategy.num_configurations == max_trials


def test_agreement_is_that_of_kendall():
    def trial(here, there):
        rungs = (RungResult(1, here), RungResult(9, there))
        return Trial("0", 0, {}, 0, state=TrialState.COMPLETED, rungs=rungs)

    def tau(*losses):
        return audit.agreement([trial(*pair) for pair in losses], 1, 9)

    assert tau((1, 5), (2, 6), (3, 7)) == 1
    assert tau((1, 7), (2, 6), (3, 5)) == -1
    assert tau((1, 5), (2, 7), (3, 6)) == pytest.approx(1 / 3)
    assert tau((1, 5)) is None
    assert tau((1, 5), (1, 6)) is None


def trained(number, *losses):
    rungs = tuple(RungResult(9**place, loss) for place, loss in enumerate(losses))
    state = TrialState.COMPLETED if len(rungs) > 1 else TrialState.PAUSED
    return Trial(str(number), number, {}, 0, state=state, rungs=rungs)


BRACKET = Bracket((Rung(4, 1), Rung(1, 9)), 4)
AUDITED = [trained(0, 3, 3), trained(1, 4, 4), trained(2, 5, 5)]


def test_until_the_audit_is_complete_the_plan_is_followed():
    members = [trained(3, 1)]
    division = audit.divided(BRACKET, [*AUDITED[:2], trained(2, 5)], members)
    assert (division.trusted, division.bracket) == (None, BRACKET)
    assert division.members == members


@pytest.mark.parametrize(
    ("chosen", "trusted"),
    [
        ((1, 2), 0),  # better than the audited ones
        ((1,), 0),  # not known yet
        ((1, 6), None),  # worse than one that the rung would have dropped
        ((3.5, 6), 0),  # worse than one that the rung would have kept
    ],
)
def test_rungs_that_miss_the_best_are_not_trusted(chosen, trusted):
    members = [trained(3, 7), trained(4, 8), trained(5, 9), trained(6, *chosen)]
    division = audit.divided(BRACKET, AUDITED, members)
    assert division.trusted == trusted
    audited = AUDITED if trusted == 0 else [*AUDITED, *members]
    assert list(division.audited) == audited


def test_of_three_all_must_agree_and_of_four_all_but_one_pair():
    audited = [trained(0, 3, 3), trained(1, 4, 5), trained(2, 5, 4)]
    members = [trained(3, 6), trained(4, 7)]
    division = audit.divided(BRACKET, audited, members)
    assert division.trusted is None
    division = audit.divided(BRACKET, audited, [trained(3, 6, 6), members[1]])
    assert division.trusted == 0
    assert [trial.number for trial in division.audited] == [0, 1, 2, 3]


def test_a_failed_trial_of_the_audit_is_the_worst():
    failed = Trial("2", 2, {}, 0, state=TrialState.FAILED)
    division = audit.divided(BRACKET, [*AUDITED[:2], failed], [])
    assert division.trusted == 0


def test_proposals_of_audit_and_bracket_differ():
    trials, _ = run(halving(seed=4), lambda number, resource: number)
    assert len(set(keys(NUMBERS, trials))) == len(trials)
