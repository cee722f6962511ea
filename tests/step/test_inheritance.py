"""Evolution whose children begin with their parents' weights, on every engine."""

from __future__ import annotations

import pytest

from tests.step.on_engines import run_on
from tuner_component import Search
from tuner_component.keras_trials.training_state import NAME

pytestmark = pytest.mark.slow

SEARCH = {
    "strategy": "evolution",
    "strategy_options": {"population_size": 3, "inherit_weights": True},
    "objective": "val_loss",
    "epochs": 1,
    "max_trials": 9,
    "parallelism": 2,
}


@pytest.mark.parametrize("engine", ["local", "beam", "flock"])
def test_children_begin_with_the_weights_of_their_parents(tmp_path, engine):
    search = Search(**SEARCH, engine=engine, study_dir=str(tmp_path))
    found = run_on(search, tmp_path)
    trials = {trial["trial_id"]: trial for trial in found}
    children = [t for t in trials.values() if t["inheritance"]]
    assert len(trials) == 9
    assert len(children) >= 2
    for child in children:
        parent, told = (
            trials[child["inheritance"]["parent"]],
            child["report"]["inherited"],
        )
        assert told["trial_id"] == parent["trial_id"]
        assert {"copied", "widened", "identity"} & told["layers"].keys()
    holders = {path.parent.name for path in tmp_path.rglob(f"trials/*/{NAME}")}
    best = min(trials.values(), key=lambda trial: trial["score"])
    assert holders == {best["trial_id"], *sorted(trials)[-3:]}
