"""A Tuner that starts from what a resolver finds of its pipeline's earlier runs."""

from __future__ import annotations

import json

import pytest

from tests.pipelines import command_line
from tests.pipelines.warm_start import pipeline
from tests.step import fixtures as step_fixtures
from tuner_component import Search
from tuner_component.artifacts import TrialRecord

pytestmark = pytest.mark.slow


def _run(root, data, **options):
    from tfx import v1 as tfx

    search = Search(objective="val_accuracy", epochs=1, max_trials=4, **options)
    tfx.orchestration.LocalDagRunner().run(pipeline(root, data, TrialRecord, search))
    summary = command_line.artifact(root, "Tuner", "trial_record") / "summary.json"
    text = json.loads(summary.read_text())["warm_start"]
    return command_line.trials(root), text


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    step_fixtures.write_inputs(folder)
    return folder


def test_the_second_run_starts_from_the_first(tmp_path, data):
    first, text = _run(tmp_path, data)
    assert text == "Warm start: there are no earlier results yet."
    again, text = _run(tmp_path, data)
    assert [t["trial_id"] for t in again] == [t["trial_id"] for t in first]
    assert "began without earlier results and goes on so" in text
    second, text = _run(tmp_path, data, seed=1)
    assert text == "Warm start: 4 trials of 1 earlier study."
    best = sorted(first, key=lambda trial: -trial["score"])
    best = [t["values"] for t in best if t["values"] != first[0]["values"]]
    assert second[0]["values"] == first[0]["values"]
    assert second[1]["values"] == best[0]
