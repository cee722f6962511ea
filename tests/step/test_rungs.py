"""Hyperband through the whole step: what is trained is what was planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.step.fixtures import properties, run_step, strict, trials_of
from tuner_component import Search
from tuner_component.search_space import Choice, SearchSpace
from tuner_component.strategies.hyperband import Hyperband

pytestmark = pytest.mark.slow

SEARCH = Search(
    strategy="hyperband",
    strategy_options={"reduction_factor": 2},
    objective="val_accuracy",
    epochs=4,
    max_trials=5,
)


@pytest.mark.parametrize("level", ["build_model", "tuner_fn"])
def test_what_is_trained_is_what_was_planned(inputs, tmp_path, capsys, level):
    if level == "build_model":
        given = properties("own_model.py", SEARCH, parallel=2, label_key="species")
    else:
        custom = {"algorithm": "RandomSearch"}
        given = properties("stock_tuners.py", SEARCH, parallel=2, custom=custom)
    made = run_step(inputs, given, tmp_path)
    trials = trials_of(made)
    assert {t["state"] for t in trials} <= {"COMPLETED", "PAUSED"}
    for trial in trials:
        epochs = trial["rungs"][-1]["resource"]
        curve = [m["resource"] for m in trial["measurements"]]
        assert curve == list(range(1, int(epochs) + 1))
    space = SearchSpace((Choice("x", tuple(range(24))),))
    planned = Hyperband(
        space, 0, max_resource=4, reduction_factor=2, max_trials=5
    ).plan.total_resource
    assert sum(t["rungs"][-1]["resource"] for t in trials) == planned
    said = capsys.readouterr().out
    assert f"{planned} epochs in all" in said
    best = strict(
        Path(made["best_hyperparameters"][0].uri) / "best_hyperparameters.txt"
    )
    results = strict(Path(made["tuner_results"][0].uri) / "tuner_results.json")
    assert len(results) == len(trials)
    for name, value in best["values"].items():
        assert results[0][name] == value
    assert (Path(made["best_model"][0].uri) / "Format-Serving").exists()
    page = (Path(made["trial_record"][0].uri) / "report.html").read_text()
    assert "val_accuracy by epoch" in page
