"""A step that starts from earlier results, and goes on when others are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.step import fixtures as step_fixtures
from tests.step.fixtures import properties, strict, trials_of
from tuner_component import Search

pytestmark = pytest.mark.slow


def _earlier(folder, rows):
    from tfx.types import standard_artifacts

    folder.mkdir()
    (folder / "tuner_results.json").write_text(json.dumps(rows))
    artifact = standard_artifacts.TunerResults()
    artifact.uri = str(folder)
    return {"prior_results": [artifact]}


def _run(inputs, root, max_trials):
    search = Search(max_trials=max_trials, epochs=1, strategy="bayesian")
    given = properties("own_model.py", search, parallel=1, label_key="species")
    made = step_fixtures.run_step(inputs, given, root)
    summary = Path(made["trial_record"][0].uri) / "summary.json"
    return trials_of(made), strict(summary)["warm_start"]


def _row(score, **values):
    return {"trial_id": str(score), "score": score, "gone": 3, **values}


def test_a_study_goes_on_with_the_earlier_results_it_began_with(inputs, tmp_path):
    rows = [_row(0.1, units_0=8, learning_rate=0.01), _row(0.2, learning_rate=9.0)]
    rows += [_row(None, units_0=4), _row(0.3, num_layers=2)]
    one = _earlier(tmp_path / "one", rows)
    two = _earlier(tmp_path / "two", [_row(0.5, units_0=8, batch_size=30)])
    first, text = _run({**inputs, **one}, tmp_path, 2)
    assert text == (
        "Warm start: 2 trials of 1 earlier study, 2 left out: 1 failed, 1 outside "
        "today's search space."
    )
    assert first[1]["values"] == {
        **first[0]["values"],
        "units_0": 8,
        "learning_rate": 0.01,
    }
    second, text = _run({**inputs, **two}, tmp_path, 3)
    assert [t["values"] for t in second[:2]] == [t["values"] for t in first]
    assert len(second) == 3
    assert "the study began with 3 trials of 1 earlier study and goes on so" in text
    (journal,) = tmp_path.rglob("journal.jsonl")
    text = journal.read_text()
    assert str(tmp_path / "two") not in text
    assert str(tmp_path / "one") in text
