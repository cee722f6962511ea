"""The demo, twice: the second run asks for one more trial and adds the Evaluator."""

from __future__ import annotations

import re

import pytest

from tests.pipelines import command_line

pytestmark = pytest.mark.slow

STEPS = ["CsvExampleGen", "StatisticsGen", "SchemaGen", "Transform", "Tuner", "Trainer"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "root"


@pytest.fixture(scope="module")
def first(root):
    done = command_line.run_local(root, "--trials", 3, "--epochs", 5)
    return done, command_line.best_hyperparameters(root), command_line.trials(root)


@pytest.fixture(scope="module")
def second(first, root):
    more = ("--trials", 4, "--epochs", 5, "--evaluate")
    return command_line.run_local(root, *more), command_line.trials(root)


def test_the_terminal_shows_steps_table_and_result(first, root):
    lines = first[0].stdout.splitlines()
    steps = [f"{i}/6 {name}" for i, name in enumerate(STEPS, start=1)]
    assert [line for line in lines if re.match(r"\d/\d ", line)] == steps
    table = next(line for line in lines if line.startswith("trial "))
    assert {"val_loss", "batch_size", "learning_rate"} <= set(table.split())
    assert any(line.startswith("accuracy 0.") for line in lines)
    assert len(lines) < 40


def test_no_noise(first):
    assert first[0].stderr == ""
    assert not re.search(r"warning|deprecated|running bdist", first[0].stdout, re.I)


def test_winner_is_the_best_completed_trial(first):
    _, config, trials = first
    completed = [t for t in trials if t["state"] == "COMPLETED"]
    assert len(completed) == 3
    best = min(completed, key=lambda t: t["loss"])
    assert best["values"].items() <= config["values"].items()
    assert config["values"]["epochs"] == 5


def test_the_model_predicts_raw_examples(first, root):
    value, baseline = command_line.accuracy(root, "diagnosis")
    assert value > baseline + 0.1


def test_the_second_run_continues(first, second):
    before, after = first[2], second[1]
    assert len(after) == 4
    assert after[:3] == before


def test_the_second_run_repeats_no_unchanged_step(second):
    lines = second[0].stdout.splitlines()
    unchanged = [i for i, line in enumerate(lines) if "unchanged" in line]
    assert [lines[i - 1].split()[1] for i in unchanged] == STEPS[:4]


def test_the_evaluator_accepts_the_model(second, root):
    import tensorflow_model_analysis as tfma

    folder = command_line.artifact(root, "Evaluator", "evaluation")
    result = tfma.load_eval_result(str(folder))
    ((_, metrics),) = result.slicing_metrics
    (by_name,) = next(iter(metrics.values())).values()
    found = by_name["sparse_categorical_accuracy"]["doubleValue"]
    assert found == pytest.approx(command_line.accuracy(root, "diagnosis")[0], abs=1e-6)
