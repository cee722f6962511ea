"""The best once more, with other seeds."""

from __future__ import annotations

import dataclasses

import pytest

from tests.contracts.strategy_contract import CONTINUOUS
from tests.step.plans import plan
from tuner_component.errors import PreflightError
from tuner_component.pareto.ranking import ranked
from tuner_component.search import Search
from tuner_component.step.plan import check_options
from tuner_component.strategies.base import Done, Suggest, Wait
from tuner_component.strategies.repeated import NUM_CHECKED, Repeated, reserve
from tuner_component.strategies.successive_halving import SuccessiveHalving
from tuner_component.trial import REPEAT_OF, Fidelity, RungResult, Trial, TrialState


class Counting:
    def __init__(self, size=100) -> None:
        self.size = size

    def propose(self, history, count):
        new = range(len(history), min(len(history) + count, self.size))
        ended = [Done("all of them")] if len(history) + count >= self.size else []
        return [*(Suggest({"x": number}) for number in new), *ended]


def ended(action, number, loss):
    full = action.fidelity is None or action.fidelity.is_full
    state = TrialState.COMPLETED if full else TrialState.PAUSED
    return Trial(
        f"{number:04d}",
        number,
        action.values,
        number,
        state,
        fidelity=action.fidelity,
        score=loss,
        loss=loss,
        rungs=() if action.fidelity is None else (_rung(action, loss),),
        note=action.note,
    )


def _rung(action, loss):
    return RungResult(action.fidelity.value, loss)


def run(strategy, loss, most=200):
    """Runs it one trial at a time; returns the trials and the last action."""
    trials = []
    while len(trials) < most:
        action = strategy.propose(trials, 1)[0]
        if not isinstance(action, Suggest):
            return trials, action
        trials.append(ended(action, len(trials), loss(action.values, len(trials))))
    return trials, None


def test_the_last_trials_run_the_best_and_the_defaults_again():
    trials, last = run(Repeated(Counting(), 3, 30), lambda values, _: -values["x"])
    assert isinstance(last, Done)
    originals = [t for t in trials if REPEAT_OF not in t.note]
    repeats = [t.note[REPEAT_OF] for t in trials if REPEAT_OF in t.note]
    assert len(originals) == 30 - reserve(3) == 18
    best = [f"{number:04d}" for number in range(17, 17 - NUM_CHECKED, -1)]
    assert repeats == [*best, "0000"] * 2
    assert len({trial.seed for trial in trials}) == len(trials)


def test_a_strategy_that_is_done_is_repeated_too():
    trials, last = run(Repeated(Counting(8), 2, None), lambda values, _: values["x"])
    assert [t.note.get(REPEAT_OF) for t in trials[8:]] == [
        f"{number:04d}" for number in range(NUM_CHECKED)
    ]
    assert "ran again" in last.reason


def test_repeats_wait_for_what_is_running():
    strategy = Repeated(Counting(3), 2, None)
    trials, _ = run(strategy, lambda values, _: values["x"], most=3)
    running = dataclasses.replace(trials[2], state=TrialState.PENDING, loss=None)
    assert list(strategy.propose([*trials[:2], running], 4)) == [Wait()]
    assert len(strategy.propose(trials, 9)) == 3


def test_rungs_end_before_the_repeats_which_are_complete():
    inner = SuccessiveHalving(
        CONTINUOUS, 0, num_configurations=4, max_resource=4, guard=False
    )
    strategy = Repeated(inner, 2, 4 + reserve(2))
    trials = []
    for _ in range(40):
        (action,) = strategy.propose(trials, 1)
        if isinstance(action, Done):
            break
        if isinstance(action, Suggest):
            trials.append(ended(action, len(trials), float(len(trials))))
            continue
        number = int(action.trial_id)
        state = TrialState.COMPLETED if action.fidelity.is_full else TrialState.PAUSED
        trials[number] = dataclasses.replace(
            trials[number],
            state=state,
            fidelity=action.fidelity,
            rungs=(*trials[number].rungs, _rung(action, float(number))),
        )
    repeats = [t for t in trials if REPEAT_OF in t.note]
    assert [t.note[REPEAT_OF] for t in repeats] == [
        t.trial_id for t in trials[:4] if t.state is TrialState.COMPLETED
    ]
    assert {t.fidelity for t in repeats} == {Fidelity("epochs", 4, 4)}


def test_the_best_mean_wins_and_keeps_its_files():
    def luck(values, number):
        lucky = number == 3
        return 0.0 if lucky else 4.0 if values["x"] == 3 else 1.0 + values["x"] / 100

    strategy = Repeated(Counting(), 2, 8 + reserve(2))
    trials, _ = run(strategy, luck)
    assert ranked(trials[:8])[0].trial_id == "0003"
    assert ranked(trials)[0].trial_id == "0000"
    assert {"0000", "0003"} <= set(strategy.keeps(trials[:8]))


def test_the_repeats_need_their_trials():
    with pytest.raises(PreflightError, match=r"repeats=10\) takes up to 54 trials"):
        plan(strategy="random", repeats=10)
    made = plan(strategy="random", repeats=2)
    trials, last = run(made.strategy, lambda values, _: values["units_1"])
    assert sum(REPEAT_OF in t.note for t in trials) in (NUM_CHECKED, reserve(2))
    assert isinstance(last, Done)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": ["val_loss", "model_bytes"]}, "several objectives"),
        (
            {"strategy": "evolution", "strategy_options": {"inherit_weights": True}},
            "inherit_weights",
        ),
    ],
)
def test_what_has_no_mean_is_refused(options, message):
    with pytest.raises(ValueError, match=rf"repeats=3\) is given with {message}"):
        check_options(Search(repeats=3, **options))


def test_more_trials_than_before_go_to_new_configurations_first():
    before, _ = run(Repeated(Counting(), 2, 8), lambda values, _: -values["x"])
    assert len(before) == 4  # The defaults and another, and both again.
    strategy, trials = Repeated(Counting(), 2, 14), list(before)
    while isinstance(action := strategy.propose(trials, 1)[0], Suggest):
        trials.append(ended(action, len(trials), -action.values["x"]))
    originals = [t for t in trials if REPEAT_OF not in t.note]
    assert [t.values["x"] for t in originals] == [0, 1, 2, 3, 4, 5]
    repeated = sorted(t.note[REPEAT_OF] for t in trials if REPEAT_OF in t.note)
    assert repeated == sorted(t.trial_id for t in originals)
    assert len(trials) <= 14
