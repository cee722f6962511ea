"""Architectures as trials: what the worker makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.nas.building import hyperparameters
from tuner_component import nas
from tuner_component.data import Split
from tuner_component.errors import PreflightError, SearchSpaceError
from tuner_component.evaluation import Job, evaluate
from tuner_component.keras_trials import evaluating, exploring
from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.trial import Reason

SIDE = 4


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(40, SIDE, SIDE, 1)).astype("float32")
    labels = (images.mean(axis=(1, 2)) > 0).astype("int64")
    return Split(None, {"image": images, "__label__": labels})


def code_of(data, operations, **limits):
    def build_model(hp):
        import keras

        image = keras.Input((SIDE, SIDE, 1), name="image")
        tensor = nas.Cell(operations, num_nodes=3)(hp, image, width=4)
        tensor = keras.layers.GlobalAveragePooling2D()(tensor)
        outputs = keras.layers.Dense(1, "sigmoid")(tensor)
        model = keras.Model({"image": image}, outputs)
        model.compile("adam", "binary_crossentropy")
        return nas.limit(model, **limits)

    return evaluating.ModelCode(
        build_model, lambda _: {}, data, data, {"epochs": 1, "batch_size": 20}
    )


def job(folder, values, note=None):
    return Job("0", values, 3, 0, str(folder), "val_loss", "min", note=note or {})


def test_the_default_may_be_too_large(data, tmp_path):
    """The largest cell has 3 x 3 convolutions only; the others are found and tried."""
    operations = {name: nas.convolutions()[name] for name in ("conv_3x3", "skip")}
    code = code_of(data, operations, max_parameters=300)
    report = exploring.explore(code).report
    assert "val_loss" in report["metrics"]
    space = from_keras_tuner(report["space"])
    assert space.size() == 2**3
    evaluator = evaluating.make_evaluator(code)
    outcome = evaluate(evaluator, job(tmp_path, space.defaults()), lambda _: None)
    assert outcome.error.reason is Reason.INFEASIBLE
    assert "parameters; max_parameters=300 allows less" in outcome.error.message
    small = {**space.defaults(), "cell_0_1": "skip", "cell_0_2": "skip"}
    outcome = evaluate(evaluator, job(tmp_path, small), lambda _: None)
    assert outcome.error is None


def test_a_limit_that_no_architecture_keeps_is_named_before_training(data):
    code = code_of(data, nas.convolutions(), max_parameters=3)
    message = r"models .* is infeasible\. .* parameters; max_parameters=3 allows less"
    with pytest.raises(PreflightError, match=message):
        exploring.explore(code)


def test_shapes_that_cannot_be_merged_are_named_before_training(data):
    def smaller(tensor, width):
        import keras

        return keras.layers.Conv2D(width, 2)(tensor)

    code = code_of(data, {"skip": nas.skip, "smaller": smaller})
    with pytest.raises(SearchSpaceError, match=r"'cell' cannot merge .*3, 3, 4"):
        exploring.explore(code)


def test_the_winner_is_rebuilt_from_its_hyperparameters_alone(data, tmp_path):
    import keras_tuner

    code = code_of(data, nas.convolutions())
    values = {"cell_0_1": "conv_3x3", "cell_0_2": "separable_3x3", "cell_1_2": "skip"}
    evaluator = evaluating.make_evaluator(code)
    outcome = evaluate(evaluator, job(tmp_path, values), lambda _: None)
    config = outcome.report["hyperparameters"]
    hp = keras_tuner.HyperParameters.from_config(config)
    again, first = code.build_model(hp), code.build_model(hyperparameters(values))
    assert again.count_params() == first.count_params()
    assert nas.architecture_hash(hp.values) == nas.architecture_hash(config["values"])
