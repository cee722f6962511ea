"""Every kind of tuner, with and without max_trials, with one worker and two.

Each two of these meet; that a kind fails with one of the four combinations only would be
news, and each costs ten seconds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.step.fixtures import properties, run_step, strict, trials_of
from tuner_component import Search

pytestmark = pytest.mark.slow

_STOCK = [
    ("RandomSearch", 3, 2),
    ("RandomSearch", None, 1),
    ("GridSearch", 3, 1),
    ("GridSearch", None, 2),
    ("BayesianOptimization", 3, 1),
    ("BayesianOptimization", None, 2),
    ("Hyperband", None, 1),
    ("Hyperband", None, 2),
    ("SklearnTuner", 2, 2),
    ("SklearnTuner", None, 1),
    ("CustomTuner", 3, 1),
    ("CustomTuner", None, 2),
    ("FitTuning", 3, 1),
    ("FitTuning", 3, 2),
    ("Conditional", 5, 1),
    ("Conditional", 5, 2),
]
_EXPECTED = {
    ("RandomSearch", None): [6],  # 10 asked for, 6 exist
    ("GridSearch", None): [6],
    ("BayesianOptimization", None): [6],
    ("Hyperband", None): range(6, 30),
    ("SklearnTuner", None): [3],
    ("CustomTuner", None): [10],
}
_OWN = [("random", 3, 1), ("random", None, 2), ("grid", 3, 2), ("grid", None, 1)]


def _train(made, inputs, module, folder):
    """Runs the stock Trainer's executor on the artifact."""
    from tfx.components.trainer.executor import GenericExecutor
    from tfx.types import standard_artifacts

    model, model_run = standard_artifacts.Model(), standard_artifacts.ModelRun()
    model.uri, model_run.uri = str(folder / "model"), str(folder / "run")
    GenericExecutor(
        GenericExecutor.Context(tmp_dir=str(folder / "tmp"), unique_id="1")
    ).Do(
        {**inputs, "hyperparameters": made["best_hyperparameters"]},
        {"model": [model], "model_run": [model_run]},
        properties(module, custom={}),
    )
    return model


def _check(made, num_trials):
    _check_artifacts(made, num_trials)
    home = Path(made["best_hyperparameters"][0].uri).parents[1] / "studies"
    kept = {p.parent.name for p in home.glob("*-*/trials/*/*weights.h5")}
    if "tuner/epochs" not in trials_of(made)[0]["values"]:  # Hyperband promotes
        assert len(kept) <= 1


def _check_artifacts(made, num_trials):
    folder = Path(made["best_hyperparameters"][0].uri)
    assert [p.name for p in folder.iterdir()] == ["best_hyperparameters.txt"]
    best = strict(folder / "best_hyperparameters.txt")
    results = strict(Path(made["tuner_results"][0].uri) / "tuner_results.json")
    assert len(results) in num_trials
    assert len({row["trial_id"] for row in results}) == len(results)
    for name, value in best["values"].items():
        assert results[0][name] == value
    assert all(t["state"] == "COMPLETED" for t in trials_of(made))


@pytest.mark.parametrize(("algorithm", "max_trials", "workers"), _STOCK)
def test_a_stock_tuner(inputs, tmp_path, algorithm, max_trials, workers):
    given = properties(
        "stock_tuners.py",
        parallel=workers,
        custom={"algorithm": algorithm, "max_trials": max_trials},
    )
    made = run_step(inputs, given, tmp_path)
    _check(made, [max_trials] if max_trials else _EXPECTED[algorithm, None])
    model = _train(made, inputs, "stock_tuners.py", tmp_path)
    assert (Path(model.uri) / "Format-Serving" / "values").exists()


@pytest.mark.parametrize(("strategy", "max_trials", "workers"), _OWN)
def test_our_strategies(inputs, tmp_path, strategy, max_trials, workers):
    search = Search(
        strategy=strategy, max_trials=max_trials, objective="val_accuracy", epochs=1
    )
    given = properties("own_model.py", search, parallel=workers, label_key="species")
    made = run_step(inputs, given, tmp_path)
    num_configurations = 2 * 2 * (2 + 4)
    _check(made, [max_trials or num_configurations])
    _train(made, inputs, "own_model.py", tmp_path)
