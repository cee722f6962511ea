"""A stock module: `custom_config` says which KerasTuner tuner, how many trials."""

from __future__ import annotations

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from sklearn import linear_model
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.components.tuner.component import TunerFnResult
from tfx.utils import io_utils
from tfx_bsl.public import tfxio

_FEATURES = (
    "culmen_length_mm",
    "culmen_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
)
_LABEL = "species"


def build(hp):
    inputs = {name: keras.layers.Input((1,), name=name) for name in _FEATURES}
    hidden = keras.layers.Concatenate()(list(inputs.values()))
    hidden = keras.layers.Dense(hp.Choice("units", [2, 4, 8]), "relu")(hidden)
    model = keras.Model(inputs, keras.layers.Dense(3)(hidden))
    model.compile(
        keras.optimizers.Adam(hp.Choice("learning_rate", [0.1, 0.01])),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def build_conditional(hp):
    hp.Choice("kind", ["plain", "deep"])
    with hp.conditional_scope("kind", ["deep"]):
        hp.Int("depth", 1, 3)
    return build(hp)


def build_sklearn(hp):
    return linear_model.RidgeClassifier(alpha=hp.Choice("alpha", [0.01, 1.0, 100.0]))


class FitTuningModel(keras_tuner.HyperModel):
    """Batch size and epochs as hyperparameters."""

    def build(self, hp):
        return build(hp)

    def fit(self, hp, model, x, validation_data, **kwargs):
        kwargs["epochs"] = hp.Int("epochs", 1, 2)
        batch_size = hp.Choice("batch_size", [10, 20])
        return model.fit(
            x.unbatch().batch(batch_size), validation_data=validation_data, **kwargs
        )


class CustomTuner(keras_tuner.engine.base_tuner.BaseTuner):
    """Has no Keras model at all."""

    def run_trial(self, trial, target):
        x = trial.hyperparameters.Float("x", -1.0, 1.0)
        return {"distance": abs(x - target)}


def _dataset(fn_args, files):
    schema = io_utils.parse_pbtxt_file(fn_args.schema_path, schema_pb2.Schema())
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=20, label_key=_LABEL, num_epochs=1
    )
    return fn_args.data_accessor.tf_dataset_factory(files, options, schema)


def _arrays(dataset):
    parts = [(np.hstack(list(x.values())), y) for x, y in dataset]
    return np.vstack([x for x, _ in parts]), np.vstack([y for _, y in parts]).ravel()


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    config = fn_args.custom_config
    where = {"directory": fn_args.working_dir, "project_name": "test"}
    limit = {"max_trials": config["max_trials"]} if config.get("max_trials") else {}
    kind = config["algorithm"]
    if kind == "CustomTuner":
        oracle = keras_tuner.oracles.RandomSearchOracle(
            keras_tuner.Objective("distance", "min"), seed=0, **limit
        )
        return TunerFnResult(CustomTuner(oracle, **where), {"target": 0.3})
    train = _dataset(fn_args, fn_args.train_files)
    if kind == "SklearnTuner":
        oracle = keras_tuner.oracles.GridSearchOracle(
            keras_tuner.Objective("score", "max"), **limit
        )
        tuner = keras_tuner.SklearnTuner(oracle, build_sklearn, **where)
        features, labels = _arrays(train)
        return TunerFnResult(tuner, {"X": features, "y": labels})
    models = {"FitTuning": FitTuningModel(), "Conditional": build_conditional}
    model = models.get(kind, build)
    if kind == "Hyperband":
        limit = {"max_epochs": 4, "factor": 2}
    cls = getattr(keras_tuner, "RandomSearch" if kind in models else kind)
    name = config.get("objective", "val_accuracy")
    objective = keras_tuner.Objective(name, "max")
    tuner = cls(model, objective=objective, overwrite=True, **limit, **where)
    validation = _dataset(fn_args, fn_args.eval_files)
    return TunerFnResult(tuner, {"x": train, "validation_data": validation})


def run_fn(fn_args: FnArgs):
    """What the stock Trainer calls: the artifact must be of use to it."""
    hp = keras_tuner.HyperParameters.from_config(fn_args.hyperparameters)
    tf.io.gfile.makedirs(fn_args.serving_model_dir)
    with tf.io.gfile.GFile(f"{fn_args.serving_model_dir}/values", "w") as file:
        file.write(",".join(sorted(hp.values)))
