"""Steps whose Keras trials are scored by cross-validation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.step.fixtures import (
    FEATURES,
    properties,
    run_step,
    strict,
    trials_of,
    write_inputs,
)
from tests.step.on_engines import run_given
from tuner_component import Search

pytestmark = pytest.mark.slow


def test_a_step_with_folds(tmp_path, capsys):
    import tensorflow as tf

    search = Search(strategy="random", max_trials=3, epochs=3)
    given = properties("folded_model.py", search, parallel=2, label_key="species")
    made = run_step(write_inputs(tmp_path / "data"), given, tmp_path)
    trials = trials_of(made)
    for trial in trials:
        losses = [fold["val_loss"] for fold in trial["report"]["folds"]]
        assert len(losses) == 3
        assert trial["score"] == pytest.approx(np.mean(losses))
        assert trial["metrics"]["val_loss_std"] == pytest.approx(np.std(losses))
    page = (Path(made["report"][0].uri) / "report.html").read_text()
    assert "<th>val_loss_std</th>" in page
    assert "the mean over 3 folds of the train split" in capsys.readouterr().out
    folder = Path(made["best_model"][0].uri) / "Format-Serving"
    assert strict(folder / "model.json")["metrics"].keys() >= {"eval_loss", "loss"}
    features = {name: tf.eye(4)[:, n : n + 1] for n, name in enumerate(FEATURES)}
    assert tf.saved_model.load(str(folder)).serve(features).shape == (4, 3)


@pytest.mark.parametrize("engine", ["local", "beam", "flock"])
def test_each_fold_goes_through_the_rungs(tmp_path, engine):
    search = Search(
        strategy="successive_halving",
        strategy_options={"min_resource": 2, "guard": False},
        max_trials=4,
        epochs=4,
        parallelism=2,
        engine=engine,
        study_dir=str(tmp_path),
    )
    given = properties("folded_model.py", search, label_key="species")
    trials = run_given(given, tmp_path)
    rungs = [[rung["resource"] for rung in trial["rungs"]] for trial in trials]
    assert sorted(rungs) == [[2], [2], [2, 4], [2, 4]]
    for trial in trials:
        curve = [m["resource"] for m in trial["measurements"]]
        assert curve == list(range(1, len(curve) + 1))
        assert len(curve) == trial["rungs"][-1]["resource"]
        assert len(trial["report"]["folds"]) == 3
