"""What `fit_args` may say, and what is made of it."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.keras_trials.trials import builder_of, code_of, job_in, run
from tuner_component.errors import PreflightError
from tuner_component.keras_trials import exploring


def _own_step(hp):
    """Keras' own `fit` trains it."""

    class Own(keras.Model):
        def train_step(self, data):
            return {**super().train_step(data), "more": 1.0}

    plain = builder_of(keras)(hp)
    model = Own(plain.inputs[0], plain.outputs[0])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("build", [builder_of(keras), _own_step], ids=["graphs", "fit"])
@pytest.mark.parametrize(
    "said",
    [
        {"verbose": 0},
        {"callbacks": keras.callbacks.EarlyStopping("val_accuracy", patience=5)},
        {"callbacks": (keras.callbacks.TerminateOnNaN(),)},
        {"callbacks": None},
        {"shuffle": None},
    ],
    ids=["verbose", "one callback", "a tuple", "none", "nothing"],
)
def test_it_may_say_what_fit_takes(data, tmp_path, build, said):
    code = code_of(data, build, fit_args=lambda _: said)
    exploring.explore(code)
    outcome = run(code, job_in(tmp_path))
    assert outcome.error is None
    assert len(outcome.measurements) == 2


@pytest.mark.parametrize("build", [builder_of(keras), _own_step], ids=["graphs", "fit"])
def test_a_training_prints_nothing_unless_it_may(data, tmp_path, build, capsys):
    code = code_of(data, build)
    exploring.explore(code)
    assert run(code, job_in(tmp_path)).error is None
    assert "accuracy" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"epoch": 3}, "'epoch'.*Did you mean 'epochs'"),
        ({"validation_data": None}, "'validation_data'; expected .*other than data"),
    ],
)
def test_what_fit_does_not_take_is_told_before_the_first_trial(data, said, message):
    with pytest.raises(PreflightError, match=message):
        exploring.explore(code_of(data, fit_args=lambda _: said))


def test_not_every_epoch_needs_a_validation(data, tmp_path):
    code = code_of(data, fit_args=lambda _: {"validation_freq": 2}, epochs=5)
    outcome = run(code, job_in(tmp_path))
    assert outcome.error is None
    scores = [m.metrics.get("val_accuracy") for m in outcome.measurements]
    assert [score is None for score in scores] == [True, False, True, False, True]
    assert outcome.metrics["val_accuracy"] == max(filter(None, scores))


def test_what_is_no_number_in_the_logs_is_no_metric(data, tmp_path):
    def add(epoch, logs):
        logs.update(several=np.ones(3), text="none", one=np.float32(2.0))

    callback = keras.callbacks.LambdaCallback(on_epoch_end=add)
    code = code_of(data, fit_args=lambda _: {"callbacks": [callback]})
    outcome = run(code, job_in(tmp_path))
    assert outcome.error is None
    assert outcome.metrics["one"] == 2.0
    assert not {"several", "text"} & set(outcome.metrics)
