"""A step that searches for a Pareto set."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.step.fixtures import properties, run_step, strict, trials_of
from tuner_component import Objective, Search

pytestmark = pytest.mark.slow

_NAMES = ("val_accuracy", "val_loss")


def _search(weight=1.0, max_trials=5, **more):
    return Search(
        objective=["val_accuracy", Objective("val_loss", "min", weight)],
        strategy="evolution",
        max_trials=max_trials,
        epochs=2,
        **more,
    )


def _file(made, key, name):
    return strict(Path(made[key][0].uri) / name)


def _dominates(one, other):
    losses = list(zip(one["losses"], other["losses"], strict=True))
    return all(a <= b for a, b in losses) and any(a < b for a, b in losses)


def test_two_objectives_through_the_executor(inputs, tmp_path, capfd):
    search = _search(max_trials=10)
    given = properties("own_model.py", search, parallel=2, label_key="species")
    made = run_step(inputs, given, tmp_path)
    trials = {trial["trial_id"]: trial for trial in trials_of(made)}
    for trial in trials.values():
        accuracy, loss = (trial["metrics"][name] for name in _NAMES)
        assert trial["losses"] == [-accuracy, loss]
        assert trial["score"] == accuracy

    summary = _file(made, "trial_record", "summary.json")
    assert set(summary["pareto_set"]) == {
        name
        for name, trial in trials.items()
        if not any(_dominates(other, trial) for other in trials.values())
    }
    assert summary["best_trial"] in summary["pareto_set"]
    volumes = [row["hypervolume"] for row in summary["hypervolume"]]
    assert len(volumes) == 10
    assert volumes == sorted(volumes)

    rows = _file(made, "tuner_results", "tuner_results.json")
    assert rows[0]["trial_id"] == summary["best_trial"]
    front = {row["trial_id"] for row in rows if row["tuner/in_pareto_set"]}
    assert front == set(summary["pareto_set"])
    assert all(f"tuner/objective/{name}" in rows[0] for name in _NAMES)

    best = _file(made, "best_hyperparameters", "best_hyperparameters.txt")["values"]
    assert best == trials[summary["best_trial"]]["values"]
    assert (Path(made["best_model"][0].uri) / "Format-Serving").exists()
    page = (Path(made["trial_record"][0].uri) / "report.html").read_text()
    assert page.count('class="compromise"') == 1
    assert page.count('class="front"') == len(front) - 1
    assert set(summary["importances"]) == set(_NAMES)
    assert page.count("What decided") == 2
    heads = capfd.readouterr().out
    assert "val_accuracy  val_loss  seconds" in heads


def test_other_weights_choose_again_among_the_same_trials(inputs, tmp_path):
    def run(search):
        given = properties("own_model.py", search, label_key="species")
        made = run_step(inputs, given, tmp_path)
        return trials_of(made), _file(made, "trial_record", "summary.json")

    first, _ = run(_search())
    second, summary = run(_search(weight=1000.0, resume="must"))
    assert [t["values"] for t in second] == [t["values"] for t in first]
    least = min(second, key=lambda trial: trial["metrics"]["val_loss"])
    assert summary["best_trial"] == least["trial_id"]


def test_the_size_of_a_model_is_an_objective_without_code(inputs, tmp_path):
    search = Search(
        objective=["val_accuracy", "model_bytes"],
        strategy="grid",
        max_trials=4,
        epochs=1,
    )
    given = properties("own_model.py", search, label_key="species")
    made = run_step(inputs, given, tmp_path)
    sizes = {trial["metrics"]["model_bytes"] for trial in trials_of(made)}
    assert len(sizes) > 1
    assert all(size % 4 == 0 and size > 0 for size in sizes)
    assert all("train_seconds" not in trial["metrics"] for trial in trials_of(made))
