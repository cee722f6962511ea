"""Architectures of images and of tables, searched and then trained by the Trainer."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.pipelines import command_line
from tuner_component import nas

pytestmark = pytest.mark.slow

MODULES = Path(__file__).resolve().parents[2] / "pipelines" / "modules"
OPTIONS = {
    "images": ("--images", "--epochs", 3, "--strategy", "evolution"),
    "table": ("--module", MODULES / "tabular_architecture.py", "--epochs", 2),
}


@pytest.fixture(scope="module", params=list(OPTIONS))
def root(request, tmp_path_factory):
    root = tmp_path_factory.mktemp(request.param) / "root"
    command_line.run_local(root, *OPTIONS[request.param], "--trials", 2)
    return root


def test_the_trainer_builds_the_architecture_that_won(root):
    import tensorflow as tf

    values = command_line.best_hyperparameters(root)["values"]
    completed = [t for t in command_line.trials(root) if t["state"] == "COMPLETED"]
    best = min(completed, key=lambda trial: trial["loss"])
    assert nas.architecture_hash(values) == nas.architecture_hash(best["values"])
    searched, trained = (
        tf.saved_model.load(
            str(command_line.artifact(root, component, output) / "Format-Serving")
        )
        for component, output in (("Tuner", "best_model"), ("Trainer", "model"))
    )
    shapes = sorted(
        tuple(each.shape) for each in searched.signatures["serving_default"].variables
    )
    kept = sorted(
        tuple(each.shape) for each in trained.signatures["serving_default"].variables
    )
    assert shapes == kept != []


def test_the_best_architecture_and_the_search_are_drawn(root):
    folder = command_line.artifact(root, "Tuner", "trial_record")
    for name in ("architecture.svg", "search.svg"):
        image = ElementTree.fromstring((folder / name).read_text())
        assert image.tag.endswith("svg")
    report = (folder / "report.html").read_text()
    values = command_line.best_hyperparameters(root)["values"]
    assert nas.architecture_hash(values) in report


def test_nothing_says_the_wiring_to_people(root):
    page = (command_line.artifact(root, "Tuner", "report") / "report.html").read_text()
    assert "architecture: {" not in page
    assert json.loads(json.dumps(command_line.trials(root)))
