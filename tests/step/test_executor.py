"""What TFX's own tests ask of a Tuner executor, asked of ours."""

from __future__ import annotations

import copy
import importlib.util
import json
from pathlib import Path

import pytest

from tests.step import fixtures as step_fixtures
from tests.step.fixtures import properties, run_step, strict, trials_of
from tuner_component import Search

pytestmark = pytest.mark.slow

_MODULE = "tfx.components.testdata.module_file.tuner_module"


def _module_file():
    return importlib.util.find_spec(_MODULE).origin


def _stock(**more):
    """Properties of TFX's module, which needs a number of steps."""
    from tfx.proto import trainer_pb2
    from tfx.utils import proto_utils

    steps = {
        "train_args": proto_utils.proto_to_json(trainer_pb2.TrainArgs(num_steps=10)),
        "eval_args": proto_utils.proto_to_json(trainer_pb2.EvalArgs(num_steps=5)),
    }
    return properties(_module_file(), **{**steps, **more})


def _check(made):
    import keras_tuner

    path = Path(made["best_hyperparameters"][0].uri) / "best_hyperparameters.txt"
    best = keras_tuner.HyperParameters.from_config(strict(path))
    assert best.get("learning_rate") in (1e-1, 1e-3)
    assert 1 <= best.get("num_layers") <= 5
    results = strict(Path(made["tuner_results"][0].uri) / "tuner_results.json")
    assert len(results) == 3
    assert set(results[0]) == {"trial_id", "score", "learning_rate", "num_layers"}


def test_a_module_file_of_tfx_itself(inputs, tmp_path):
    made = run_step(inputs, _stock(), tmp_path)
    _check(made)
    page = Path(made["report"][0].uri) / "report.html"
    assert "<html" in page.read_text()
    numbers = strict(Path(made["metrics"][0].uri) / "metrics.json")
    results = strict(Path(made["tuner_results"][0].uri) / "tuner_results.json")
    (best,) = [name for name in numbers if name.startswith("best_")]
    assert numbers[best] == results[0]["score"]
    assert numbers["num_trials"] == numbers["num_completed_trials"] == 3
    assert numbers["trial_seconds"] > 0
    artifact = made["metrics"][0]
    assert artifact.get_float_custom_property(best) == numbers[best]


def test_a_tuner_fn_by_path_with_parallel_trials(inputs, tmp_path):
    given = _stock(parallel=3)
    given |= {"module_file": None, "tuner_fn": f"{_MODULE}.tuner_fn"}
    made = run_step(inputs, given, tmp_path)
    _check(made)
    assert len({t["worker"] for t in trials_of(made)}) > 1


def test_splits_of_other_names(inputs, tmp_path):
    from tfx.proto import trainer_pb2
    from tfx.utils import proto_utils

    splits = {"training": trainer_pb2.TrainArgs, "evaluating": trainer_pb2.EvalArgs}
    examples = step_fixtures.write_examples(tmp_path, splits=tuple(splits))
    train, evaluation = (
        proto_utils.proto_to_json(cls(splits=[split], num_steps=10))
        for split, cls in splits.items()
    )
    given = _stock(train_args=train, eval_args=evaluation)
    _check(run_step({**inputs, "examples": [examples]}, given, tmp_path))


def test_several_artifacts_and_only_the_stock_outputs(inputs, tmp_path):
    from tuner_component.executor import Executor

    several = {**inputs, "examples": inputs["examples"] * 2}
    made = step_fixtures.outputs(tmp_path)
    stock = {k: made[k] for k in ("best_hyperparameters", "tuner_results")}
    Executor().Do(several, stock, _stock())
    _check(stock)


def test_an_own_strategy_with_a_stock_tuner(inputs, tmp_path):
    search = Search(strategy="grid", max_trials=3)
    made = run_step(inputs, _stock(search=search), tmp_path)
    _check(made)


def test_constraints_and_points_of_the_user(inputs, tmp_path):
    search = Search(
        strategy="random",
        max_trials=5,
        constraints=["learning_rate > 0.05 or num_layers < 3"],
        initial_points=[{"num_layers": 5}, {"learning_rate": 1e-3}],
    )
    made = run_step(inputs, _stock(search=search), tmp_path)
    values = [trial["values"] for trial in trials_of(made)]
    assert len(values) == 5
    assert [v["num_layers"] for v in values[1:3]] == [5, 1]
    assert [v["learning_rate"] for v in values[1:3]] == [1e-1, 1e-3]
    assert all(v["learning_rate"] > 0.05 or v["num_layers"] < 3 for v in values)


def test_a_winner_trained_again_from_its_record_has_the_same_score(inputs, tmp_path):
    search = Search(max_trials=4, objective="val_accuracy", epochs=2, strategy="random")
    given = properties("own_model.py", search, parallel=2, label_key="species")
    first = trials_of(run_step(inputs, given, tmp_path / "first"))
    alone = copy.deepcopy(given)
    alone["tune_args"] = properties("own_model.py", parallel=1)["tune_args"]
    second = trials_of(run_step(inputs, alone, tmp_path / "second"))
    key = ("trial_id", "values", "seed", "score")
    assert [{k: t[k] for k in key} for t in first] == [
        {k: t[k] for k in key} for t in second
    ]
    assert json.dumps(first[0]["values"]) != json.dumps(first[1]["values"])
