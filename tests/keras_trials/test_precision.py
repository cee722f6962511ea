"""The precision of a trial, whatever was set in this process before it."""

from __future__ import annotations

import keras
import pytest
import tf_keras

from tests.keras_trials.trials import builder_of, code_of, job_in, run
from tuner_component import precision

LIBRARIES = pytest.mark.parametrize(
    "library", [keras, pytest.param(tf_keras, marks=pytest.mark.slow)]
)


@pytest.fixture(autouse=True)
def _nothing_is_set():
    before = precision.found()
    precision.Precision(dict.fromkeys(before.of_each, ("float32", None))).restore()
    yield
    before.restore()


def policies_of(library, data, folder, *own):
    """Returns the policies of one trial after another; each may set its own."""
    seen, code = [], None

    def build_model(hp):
        if own[len(seen)]:
            library.mixed_precision.set_global_policy(own[len(seen)])
        model = builder_of(library)(hp)
        seen.append(model.layers[1].dtype_policy.name)
        return model

    code = code_of(data, build_model, epochs=1)
    for _ in own:
        assert run(code, job_in(folder)).error is None
    return seen


@LIBRARIES
def test_that_of_a_trial_is_not_the_next_ones(library, data, tmp_path):
    own = ("float64", None, "float64")
    seen = policies_of(library, data, tmp_path, *own)
    assert seen == ["float64", "float32", "float64"]


@LIBRARIES
def test_that_of_the_module_is_every_trials(library, data, tmp_path):
    library.mixed_precision.set_global_policy("float64")
    seen = policies_of(library, data, tmp_path, None, "float32", None)
    assert seen == ["float64", "float32", "float64"]


def test_the_type_of_numbers_of_a_trial_is_its_own(data, tmp_path):
    types = []

    def build_model(hp):
        types.append(keras.backend.floatx())
        keras.backend.set_floatx("float64")
        model = builder_of(keras)(hp)
        assert model.layers[1].dtype_policy.name == "float64"
        return model

    code = code_of(data, build_model, epochs=1)
    for _ in range(2):
        assert run(code, job_in(tmp_path)).error is None
    assert types == ["float32", "float32"]
