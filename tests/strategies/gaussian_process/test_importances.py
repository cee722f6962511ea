"""Importances of known functions.

Half of the losses count by rank only and the surrogate has seen few trials, so that
shares are within `TOLERANCE` of those of the function itself.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tuner_component.search_space import Choice, Condition, Float, Int, SearchSpace
from tuner_component.strategies.gaussian_process.importances import estimated
from tuner_component.trial import REPEAT_OF, Fidelity, RungResult, Trial, TrialState

TOLERANCE = 0.08
SPACE = SearchSpace(
    [Float("a", 0, 1), Int("b", 0, 100), Float("c", 1e-4, 1, sampling="log")]
)


def additive(values):
    """The variances of what they add are 16 : 4 : 0."""
    return 4 * values["a"] + 2 * values["b"] / 100


def trials(loss, space=SPACE, num_trials=60, seed=0):
    rng = np.random.default_rng(seed)
    return [
        completed(number, values, float(loss(values)))
        for number, values in enumerate(space.sample(rng) for _ in range(num_trials))
    ]


def completed(number, values, loss, **more):
    state = TrialState.COMPLETED
    return Trial(
        f"{number:04d}", number, values, 0, state, score=loss, loss=loss, **more
    )


@pytest.mark.parametrize("num_trials", [30, 60, 450])
def test_shares_of_a_sum(num_trials):
    found = estimated(SPACE, trials(additive, num_trials=num_trials))
    assert list(found.shares)[:2] == ["a", "b"]
    assert found.shares["a"] == pytest.approx(0.8, abs=TOLERANCE)
    assert found.shares["b"] == pytest.approx(0.2, abs=TOLERANCE)
    assert found.shares["c"] == pytest.approx(0.0, abs=0.01)
    assert found.interactions < TOLERANCE
    assert found.num_trials == num_trials
    assert found.explained > 0.9


def test_shares_and_interactions_are_everything():
    found = estimated(SPACE, trials(lambda v: v["a"] * v["b"]))
    assert sum(found.shares.values()) + found.interactions == pytest.approx(1.0)


def test_a_mere_interaction():
    loss = lambda v: (v["a"] - 0.5) * (v["b"] - 50)  # noqa: E731
    found = estimated(SPACE, trials(loss, num_trials=100))
    assert found.interactions > 0.8


def test_a_parameter_of_one_of_two_branches():
    on_deep = (Condition("kind", ("deep",)),)
    space = SearchSpace(
        [
            Choice("kind", ["deep", "wide"]),
            Float("rate", 0, 1, conditions=on_deep),
            Float("width", 0, 1, conditions=(Condition("kind", ("wide",)),)),
        ]
    )
    found = estimated(space, trials(lambda v: v.get("rate", 0.5), space))
    assert found.shares["rate"] > 0.85
    assert found.shares["width"] < 0.05
    assert found.shares["kind"] < 0.1


def test_a_name_under_two_conditions_is_one_bar():
    space = SearchSpace(
        [
            Choice("kind", ["deep", "wide"]),
            Int("units", 1, 64, conditions=(Condition("kind", ("deep",)),)),
            Int("units", 64, 512, conditions=(Condition("kind", ("wide",)),)),
        ]
    )
    found = estimated(space, trials(lambda v: v["units"], space))
    assert sorted(found.shares) == ["kind", "units"]
    assert min(found.shares.values()) > 0.1


def test_the_same_trials_give_the_same():
    history = trials(additive)
    assert estimated(SPACE, history) == estimated(SPACE, history)


def test_how_far_a_training_diverged_does_not_count():
    history = trials(additive)
    worst = max(history, key=lambda trial: trial.loss)
    history[worst.number] = completed(worst.number, worst.values, 1e12)
    shares = estimated(SPACE, trials(additive)).shares
    assert estimated(SPACE, history).shares == pytest.approx(shares, abs=1e-3)


@pytest.mark.parametrize(
    ("space", "history"),
    [
        (SPACE, trials(additive, num_trials=9)),
        (SPACE, trials(lambda v: 1.0)),
        (SPACE, []),
        (SearchSpace(SPACE.parameters[:1]), trials(additive)),
        (SearchSpace(), trials(additive)),
    ],
)
def test_too_little_to_tell(space, history):
    assert estimated(space, history) is None


def test_trials_without_a_score_do_not_count():
    history = trials(additive, num_trials=12)
    failed = Trial("0012", 12, history[0].values, 0, TrialState.FAILED)
    again = completed(13, history[0].values, 9.0, note={REPEAT_OF: "0000"})
    assert estimated(SPACE, [*history, failed, again]) == estimated(SPACE, history)


@pytest.mark.parametrize("num_trials", [20, 100])
def test_noise_has_no_importances(num_trials):
    rng = np.random.default_rng(1)
    noise = trials(lambda v: rng.normal(), num_trials=num_trials)
    found = estimated(SPACE, noise)
    assert found.shares == {}
    assert found.explained < 0.4


def test_each_objective_has_its_own():
    history = [
        dataclasses.replace(trial, losses=(trial.loss, trial.values["b"]))
        for trial in trials(additive)
    ]
    assert next(iter(estimated(SPACE, history, 0).shares)) == "a"
    assert estimated(SPACE, history, 1).shares["b"] > 0.95


def test_trials_with_less_training_are_made_comparable():
    """After one epoch of three all losses are 100 higher."""

    def paused(trial):
        if trial.number % 3 == 0:
            rungs = (RungResult(1, trial.loss + 100), RungResult(3, trial.loss))
            return dataclasses.replace(trial, rungs=rungs)
        early = trial.loss + 100
        return dataclasses.replace(
            trial, state=TrialState.PAUSED, loss=early, score=early,
            rungs=(RungResult(1, early),), fidelity=Fidelity("epochs", 1, 3),
        )  # fmt: skip

    history = trials(additive)
    found = estimated(SPACE, [paused(trial) for trial in history])
    assert found.shares == pytest.approx(estimated(SPACE, history).shares, abs=1e-3)
