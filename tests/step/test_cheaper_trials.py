"""Cheaper ways to judge a trial, through the whole step."""

from __future__ import annotations

import pytest

from tests.step.fixtures import properties, run_step, strict, trials_of, write_inputs
from tuner_component import Search

pytestmark = pytest.mark.slow


def test_trials_that_cannot_become_the_best_are_given_up(tmp_path, capsys):
    inputs = write_inputs(tmp_path / "data")
    search = Search(
        strategy="random",
        objective="val_accuracy",
        epochs=30,
        max_trials=6,
        curve_stopping=0.5,
    )
    given = properties("own_model.py", search, parallel=2, label_key="species")
    made = run_step(inputs, given, tmp_path)
    trials = trials_of(made)
    stopped = [trial for trial in trials if trial["state"] == "STOPPED"]
    completed = [trial for trial in trials if trial["state"] == "COMPLETED"]
    assert stopped
    assert len(stopped) + len(completed) == 6
    assert all("of 30 epochs" in trial["stopped"] for trial in stopped)
    assert all(len(trial["measurements"]) < 30 for trial in stopped)
    assert all(len(trial["measurements"]) == 30 for trial in completed)
    best = max(trial["score"] for trial in completed)
    assert all(trial["score"] <= best for trial in stopped)
    assert f"{len(stopped)} of 6 trials were given up" in capsys.readouterr().out


def test_a_part_of_the_examples_screens_keras_models(tmp_path, capsys):
    inputs = write_inputs(tmp_path / "data")
    options = {
        "resource": "examples_fraction",
        "min_resource": 0.5,
        "num_checked": 3,
        "guard": False,
    }
    search = Search(
        strategy="screening",
        strategy_options=options,
        objective="val_accuracy",
        epochs=2,
        max_trials=6,
    )
    given = properties("own_model.py", search, parallel=2, label_key="species")
    made = run_step(inputs, given, tmp_path)
    rungs = [[rung["resource"] for rung in t["rungs"]] for t in trials_of(made)]
    assert sorted(rungs) == [[0.5]] * 3 + [[0.5, 1.0]] * 3
    summary = strict(f"{made['trial_record'][0].uri}/summary.json")
    for agreement in summary["rank_agreement"]:
        assert agreement["resource"] == 0.5
        assert agreement["num_trials"] == 3
    assert "6 x 0.5, 3 x 1 examples_fraction" in capsys.readouterr().out
