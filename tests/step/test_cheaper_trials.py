"""Cheaper ways to judge a trial, through the whole step."""

from __future__ import annotations

import pytest

from tests.step.fixtures import properties, run_step, strict, trials_of
from tests.step.on_engines import run_on
from tuner_component import Search

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("engine", ["local", "beam", "flock"])
def test_trials_that_cannot_become_the_best_are_given_up(tmp_path, engine, capsys):
    # A round on Beam is three for each trial at once: the first has no best yet.
    num_trials = 12 if engine == "beam" else 6
    search = Search(
        strategy="random",
        objective="val_accuracy",
        epochs=30,
        max_trials=num_trials,
        curve_stopping=0.5,
        parallelism=2,
        engine=engine,
        study_dir=str(tmp_path),
    )
    trials = run_on(search, tmp_path)
    stopped = [trial for trial in trials if trial["state"] == "STOPPED"]
    completed = [trial for trial in trials if trial["state"] == "COMPLETED"]
    assert stopped
    assert len(stopped) + len(completed) == num_trials
    assert all("of 30 epochs" in trial["stopped"] for trial in stopped)
    assert all(len(trial["measurements"]) < 30 for trial in stopped)
    assert all(len(trial["measurements"]) == 30 for trial in completed)
    best = max(trial["score"] for trial in completed)
    assert all(trial["score"] <= best for trial in stopped)
    told = f"{len(stopped)} of {num_trials} trials were given up"
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("engine", ["local", "beam", "flock"])
def test_the_best_run_again_with_other_seeds(tmp_path, engine, capsys):
    search = Search(
        strategy="random",
        objective="val_loss",
        epochs=1,
        max_trials=12,
        repeats=2,
        parallelism=2,
        engine=engine,
        study_dir=str(tmp_path),
    )
    trials = {trial["trial_id"]: trial for trial in run_on(search, tmp_path)}
    again = [t for t in trials.values() if t["repeat_of"]]
    first = sorted(
        (t for t in trials.values() if not t["repeat_of"]),
        key=lambda trial: trial["score"],
    )
    best = {trial["trial_id"] for trial in first[:5]}
    assert len(first) == 6
    assert sorted(t["repeat_of"] for t in again) == sorted(best | {"0000"})
    for trial in again:
        original = trials[trial["repeat_of"]]
        assert trial["values"] == original["values"]
        assert trial["seed"] != original["seed"]
    assert "mean of 2 runs" in capsys.readouterr().out


def test_a_part_of_the_examples_screens_keras_models(inputs, tmp_path, capsys):
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
