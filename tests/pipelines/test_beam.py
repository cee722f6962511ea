"""A pipeline whose Beam options decide where the Tuner's trials run."""

from __future__ import annotations

import pytest

from tests.pipelines import command_line, imported
from tests.step import fixtures as step_fixtures
from tuner_component import Search, Tuner
from tuner_component.journal import open_journal

pytestmark = pytest.mark.slow

COMPARED = ("trial_id", "values", "seed", "state", "score", "rungs")


def _run(root, data, search, beam_pipeline_args=None):
    from tfx import v1 as tfx

    examples = imported.examples(data / "examples")
    schema = imported.schema(data / "schema")
    tuner = Tuner(
        examples=examples.outputs["result"],
        schema=schema.outputs["result"],
        module_file=str(step_fixtures.MODULES / "own_model.py"),
        label_key=step_fixtures.LABEL,
        search=search,
    )
    pipeline = imported.pipeline(
        "on-beam",
        root,
        [examples, schema, tuner],
        beam_pipeline_args=beam_pipeline_args,
    )
    tfx.orchestration.LocalDagRunner().run(pipeline)
    trials = command_line.trials(root)
    compared = [{key: t.get(key) for key in COMPARED} for t in trials]
    for trial in compared:
        for rung in trial["rungs"] or ():
            rung.pop("duration_seconds", None)
    workers = {t["worker"] for t in trials}
    return compared, workers, command_line.best_hyperparameters(root)


def test_the_search_of_a_pipeline_is_the_same_on_beam(tmp_path):
    step_fixtures.write_inputs(tmp_path / "data")
    options = {
        "strategy": "successive_halving",
        "strategy_options": {"reduction_factor": 2},
        "objective": "val_accuracy",
        "epochs": 2,
        "max_trials": 4,
    }
    local = _run(
        tmp_path / "local",
        tmp_path / "data",
        Search(**options, parallelism=2),
    )
    on_beam = _run(
        tmp_path / "beam",
        tmp_path / "data",
        Search(**options, engine="beam"),
        ["--direct_running_mode=multi_threading", "--direct_num_workers=2"],
    )
    assert on_beam[0] == local[0]
    assert on_beam[2] == local[2]
    assert len(on_beam[0]) == 4
    # The first may have done all of it before the second was there.
    assert "worker-0" in local[1] <= {"worker-0", "worker-1"}
    assert not on_beam[1] & local[1]
    (journal,) = (tmp_path / "beam").glob("**/journal.jsonl")
    records = open_journal(str(journal.parent)).read()
    (session,) = [record for record in records if record["type"] == "session"]
    assert (session["cut"], session["limits"]["max_deaths"]) == ([], 5)
