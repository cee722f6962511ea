"""Penguins and taxi trips from CSV files through whole pipelines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines import command_line
from tests.pipelines.shared_data import tfx_data

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def _penguin_example():
    from tfx.examples import penguin

    return Path(penguin.__path__[0]) / "penguin_utils_keras.py"


def test_penguins_with_the_example_of_tfx_as_it_is(tmp_path):
    csv = tfx_data("examples/penguin/data/labelled")
    options = ("--train-steps", 50, "--eval-steps", 5, "--trials", 3)
    command_line.run_local(
        tmp_path,
        "--csv",
        csv,
        "--label",
        "species",
        "--module",
        _penguin_example(),
        *options,
    )
    config = command_line.best_hyperparameters(tmp_path)
    assert config["values"].keys() == {"learning_rate", "num_layers"}
    completed = [t for t in command_line.trials(tmp_path) if t["state"] == "COMPLETED"]
    assert len(completed) == 3
    best = max(completed, key=lambda t: t["score"])
    assert best["values"] == config["values"]
    assert "val_sparse_categorical_accuracy" in best["metrics"]
    value, baseline = command_line.accuracy(tmp_path, "species")
    assert value > baseline


def test_taxi_trips_with_gaps_and_strings(tmp_path):
    csv = tfx_data("examples/chicago_taxi_pipeline/data/simple/data.csv")
    module = ROOT / "pipelines" / "modules" / "taxi.py"
    options = ("--trials", 2, "--epochs", 2)
    command_line.run_local(
        tmp_path, "--csv", csv, "--label", "tips", "--module", module, *options
    )
    value, baseline = command_line.accuracy(tmp_path, "tips")
    assert value > baseline + 0.05


def test_a_number_is_predicted(tmp_path):
    from sklearn import datasets

    from pipelines.scoring import score

    data = datasets.load_diabetes()
    rows = [",".join([*data.feature_names, "progression"])]
    for row, label in zip(data.data, data.target, strict=True):
        rows.append(",".join(str(value) for value in (*row, label)))
    csv = tmp_path / "data.csv"
    csv.write_text("\n".join(rows))
    root = tmp_path / "root"
    options = ("--task", "regression", "--trials", 1, "--epochs", 20)
    command_line.run_local(root, "--csv", csv, "--label", "progression", *options)
    result = score(
        command_line.artifact(root, "Trainer", "model") / "Format-Serving",
        command_line.artifact(root, "CsvExampleGen", "examples") / "Split-eval",
        "progression_xf",
        "regression",
    )
    assert result.value < 0.8 * result.baseline
