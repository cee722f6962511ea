"""Small trials of a Keras model, in this process."""

from __future__ import annotations

import keras

from tuner_component.evaluation import Job, evaluate
from tuner_component.keras_trials import evaluating


def builder_of(library):
    """Returns the `build_model` of `keras` or of `tf_keras`."""

    def build_model(hp):
        inputs = library.layers.Input((3,), name="x")
        hidden = library.layers.Dense(hp.Int("units", 1, 16, default=8))(inputs)
        hidden = library.layers.Dropout(0.3)(hidden)
        outputs = library.layers.Dense(1, activation="sigmoid")(hidden)
        model = library.Model({"x": inputs}, outputs)
        model.compile(
            library.optimizers.Adam(hp.Float("rate", 1e-3, 1.0, sampling="log")),
            "binary_crossentropy",
            metrics=["accuracy"],
        )
        hp.Choice("batch_size", [16, 32])
        return model

    return build_model


def code_of(data, build=None, fit_args=lambda hp: {}, **defaults):
    return evaluating.ModelCode(
        build_model=build or builder_of(keras),
        fit_args=fit_args,
        train=data,
        validation=data,
        fit_defaults={"epochs": 2, "batch_size": 32, **defaults},
    )


def job_in(folder, seed=3, objective="val_accuracy", direction="max", **values):
    values = {"units": 8, "rate": 0.05, "batch_size": 16, **values}
    return Job("0000", values, seed, 0, str(folder), objective, direction)


def run(code, job):
    seen = []
    outcome = evaluate(
        lambda j, report: evaluating.train(code, j, report), job, seen.append
    )
    assert tuple(seen) == outcome.measurements
    return outcome
