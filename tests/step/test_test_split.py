"""Steps that score their finalists on a split that decides nothing."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from tests.step.fixtures import (
    MODULES,
    properties,
    run_step,
    strict,
    trials_of,
    write_examples,
    write_schema,
)
from tuner_component import Search
from tuner_component.errors import PreflightError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    examples = write_examples(folder, splits=("train", "eval", "test"))
    return {"examples": [examples], "schema": [write_schema(folder)]}


def _search(**more):
    return Search(
        strategy="random", epochs=2, max_trials=9, repeats=2, test_split="test", **more
    )


@pytest.mark.parametrize("module", ["own_model.py", "sklearn_model.py"])
def test_the_repeats_are_scored_on_the_test_split(inputs, tmp_path, module, capsys):
    given = properties(module, _search(), parallel=2, label_key="species")
    made = run_step(inputs, given, tmp_path)
    trials = trials_of(made)
    for trial in trials:
        assert ("test" in trial["report"]) == (trial["repeat_of"] is not None)
        assert not any(name.startswith("test_") for name in trial["metrics"])
    told = strict(f"{made['trial_record'][0].uri}/summary.json")["repeats"]["best"]
    scores = [
        trial["report"]["test"]["test_loss"]
        for trial in trials
        if trial["repeat_of"] == told["trial_id"]
    ]
    assert told["test"]["mean"] == pytest.approx(sum(scores) / len(scores))
    assert "on the test split val_loss" in capsys.readouterr().out
    page = Path(made["report"][0].uri) / "report.html"
    assert "<th>test split</th>" in page.read_text()


def test_a_study_goes_on_when_one_is_named(inputs, tmp_path, capsys):
    without = dataclasses.replace(_search(), test_split=None)
    for search in (without, _search()):
        given = properties("own_model.py", search, parallel=2, label_key="species")
        run_step(inputs, given, tmp_path)
    assert capsys.readouterr().out.count("New study") == 1


def test_a_tuner_scores_its_trials_itself(inputs, tmp_path):
    module = shutil.copy(MODULES / "stock_tuners.py", tmp_path)
    custom = {"algorithm": "RandomSearch", "max_trials": 2}
    given = properties(module, _search(objective="val_accuracy"), custom=custom)
    with pytest.raises(PreflightError, match=r"test_split='test'.*scores each trial"):
        run_step(inputs, given, tmp_path)
