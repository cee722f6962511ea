"""Steps whose `build_model` returns a scikit-learn estimator."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.step.fixtures import FEATURES, properties, run_step, strict, trials_of
from tuner_component import Objective, Search
from tuner_component.errors import PreflightError

pytestmark = pytest.mark.slow


def _run(inputs, folder, **search):
    given = properties(
        "sklearn_model.py", Search(**search), parallel=2, label_key="species"
    )
    return run_step(inputs, given, folder)


def _best_model(made):
    import joblib

    folder = Path(made["best_model"][0].uri) / "Format-Serving"
    described = json.loads((folder / "model.json").read_text())
    return joblib.load(folder / "model.joblib"), described


def test_a_random_search_in_a_step(inputs, tmp_path):
    made = _run(inputs, tmp_path, strategy="random", max_trials=6)
    trials = trials_of(made)
    assert [trial["state"] for trial in trials] == ["COMPLETED"] * 6
    assert all(len(trial["report"]["folds"]) == 3 for trial in trials)
    assert {"val_loss", "val_accuracy", "val_balanced_accuracy_std"} <= set(
        trials[0]["metrics"]
    )
    results = strict(Path(made["tuner_results"][0].uri) / "tuner_results.json")
    scores = [row["score"] for row in results]
    assert scores == sorted(scores)
    estimator, described = _best_model(made)
    assert described["columns"] == list(FEATURES)
    assert described["metrics"]["eval_accuracy"] > 0.8
    assert estimator.predict(np.eye(3, 4)).tolist() == [0, 1, 2]


def test_halving_on_examples_in_a_step(inputs, tmp_path):
    made = _run(
        inputs,
        tmp_path,
        strategy="successive_halving",
        strategy_options={
            "resource": "examples_fraction",
            "num_configurations": 8,
            "min_resource": 0.25,
        },
        objective=Objective("val_accuracy", "max"),
        max_trials=8,
    )
    trials = trials_of(made)
    rungs = [[rung["resource"] for rung in trial["rungs"]] for trial in trials]
    assert sorted(rungs) == [[0.25]] * 4 + [[0.25, 0.5]] * 2 + [[0.25, 0.5, 1.0]] * 2
    best = strict(
        Path(made["best_hyperparameters"][0].uri) / "best_hyperparameters.txt"
    )
    winners = [t["values"] for t in trials if t["state"] == "COMPLETED"]
    assert best["values"] in winners
    _best_model(made)


def test_an_estimator_has_no_epochs(inputs, tmp_path):
    with pytest.raises(PreflightError, match=r"'epochs'.*examples_fraction"):
        _run(inputs, tmp_path, strategy="hyperband", objective="val_accuracy")
    assert not list(tmp_path.rglob("journal.jsonl"))


def test_an_estimator_has_no_curve(inputs, tmp_path):
    with pytest.raises(
        PreflightError, match=r"curve_stopping=True.*between two epochs"
    ):
        _run(
            inputs,
            tmp_path,
            strategy="random",
            max_trials=2,
            objective="val_accuracy",
            curve_stopping=True,
        )


def test_a_keras_model_has_the_fidelities_that_it_asks_for(inputs, tmp_path):
    search = Search(
        strategy="hyperband",
        strategy_options={"resource": "resolution"},
        objective="val_accuracy",
    )
    given = properties("own_model.py", search, label_key="species")
    expected = r"'resolution'.*\['epochs', 'examples_fraction'\].*fidelity\("
    with pytest.raises(PreflightError, match=expected):
        run_step(inputs, given, tmp_path)
