"""Evolution whose children begin with their parents' weights, on every engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines.flocks import end, start_worker
from tests.step.fixtures import outputs, properties, trials_of, write_inputs
from tuner_component import Search
from tuner_component.step.request import Request
from tuner_component.step.run import run
from tuner_component.training_state import NAME

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
    given = properties("own_model.py", search, label_key="species")
    made = outputs(tmp_path)
    request = Request(write_inputs(tmp_path / "data"), made, given, "Tuner")
    root = Path(request.flock_root)
    workers = [start_worker(root, f"w{n}") for n in range(2 * (engine == "flock"))]
    try:
        run(request)
    finally:
        for worker in workers:
            if worker.returncode is None:
                end(worker)
    trials = {trial["trial_id"]: trial for trial in trials_of(made)}
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
