"""What a step says of trials that came to nothing."""

from __future__ import annotations

import dataclasses
import types

import pytest

from tuner_component.errors import SearchFailedError
from tuner_component.step import results, summary
from tuner_component.trial import Objective, Reason, Trial, TrialError, TrialState


def trial(number, state, message=None, **values):
    error = None if message is None else TrialError(Reason.USER_ERROR, message)
    is_done = state is TrialState.COMPLETED
    return Trial(
        f"{number:04d}",
        number,
        values,
        seed=0,
        state=state,
        score=0.5 if is_done else None,
        loss=0.5 if is_done else None,
        error=error,
    )


def study(*trials):
    objective = Objective("val_loss", "min")
    done = [t for t in trials if t.state is TrialState.COMPLETED]
    return types.SimpleNamespace(
        trials=trials,
        objective=objective,
        objectives=(objective,),
        best=done[0] if done else None,
    )


def test_failed_trials_are_counted_and_the_first_is_shown():
    given = study(
        trial(0, TrialState.COMPLETED),
        trial(1, TrialState.FAILED, "ValueError: no such layer\nmore of it"),
        trial(2, TrialState.FAILED, "another"),
    )
    text = summary.text(given, "max_trials=3 is reached", "home", {})
    said = "2 of 3 trials failed; the first, trial 0001: ValueError: no such layer"
    assert said in text.splitlines()


def test_without_failures_none_are_mentioned():
    given = study(trial(0, TrialState.COMPLETED))
    text = summary.text(given, "max_trials=1 is reached", "home", {})
    assert "failed" not in text


def test_infeasible_configurations_are_explained():
    given = study(
        trial(0, TrialState.INFEASIBLE, "More than 100 parameters.", units=99),
        trial(1, TrialState.INFEASIBLE, "the same"),
    )
    message = (
        r"2 configurations infeasible; the first, trial 0000 with \{'units': 99\}: "
        r"More than 100 parameters\. Loosen"
    )
    with pytest.raises(SearchFailedError, match=message):
        results.require_winner(given, "2 configurations in a row", "home")


def test_values_that_the_first_failed_trial_asked_for_are_shown():
    asked = {"hyperparameters": {"space": [], "values": {"x": 0.5}}}
    first = trial(0, TrialState.FAILED, "ValueError: no", units=9)
    given = study(dataclasses.replace(first, report=asked))
    with pytest.raises(SearchFailedError, match=r"0000 with \{'units': 9, 'x': 0.5\}"):
        results.require_winner(given, "max_trials=1 is reached", "home")


def test_a_search_without_time_gets_other_advice():
    with pytest.raises(SearchFailedError, match="Give it more time or more trials"):
        results.require_winner(study(), "max_seconds=1 is reached", "home")


def test_the_test_split_is_told_beside_the_validation():
    again = [
        dataclasses.replace(
            trial(number, TrialState.COMPLETED),
            note={"repeat_of": "0000"},
            report={"test": {"test_loss": loss}},
        )
        for number, loss in ((1, 0.75), (2, 0.25 + 0.5))
    ]
    given = study(trial(0, TrialState.COMPLETED), *again)
    text = summary.text(given, "max_trials=3 is reached", "home", {})
    said = (
        "Trial 0000: val_loss 0.5 ± 0, mean of 3 runs; on the test split val_loss 0.75"
    )
    assert said in text
    told = summary.for_record(given)["repeats"]["best"]
    assert told["test"] | {"trial_id": ""} == {
        "trial_id": "",
        "mean": 0.75,
        "standard_error": 0.0,
        "num_runs": 2,
    }


@pytest.mark.parametrize(
    ("winner", "said"),
    [
        (0, "These are the defaults: no other values were better."),
        (1, "That is no significant gain over the defaults."),
    ],
)
def test_a_search_that_has_gained_nothing_says_so(winner, said):
    trials = [trial(number, TrialState.COMPLETED) for number in (0, 1)]
    runs = [
        dataclasses.replace(
            trial(10 * (of + 1) + number, TrialState.COMPLETED),
            note={"repeat_of": f"{of:04d}"},
            loss=loss,
            score=loss,
        )
        for of in (0, 1)
        for number, loss in ((1, 0.4), (2, 0.6))
    ]
    given = study(*trials, *runs)
    given.best = trials[winner]
    assert said in summary.text(given, "max_trials=2 is reached", "home", {})
