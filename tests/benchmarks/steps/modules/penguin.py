"""The Tuner part of TFX's penguin example."""

import keras
import keras_tuner
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.components.tuner.component import TunerFnResult
from tfx_bsl.public import tfxio

_FEATURES = ("body_mass_g", "culmen_depth_mm", "culmen_length_mm", "flipper_length_mm")
_LABEL = "species"
_BATCH_SIZE = 20


def _input_fn(files, data_accessor, schema, batch_size):
    return data_accessor.tf_dataset_factory(
        files,
        tfxio.TensorFlowDatasetOptions(batch_size=batch_size, label_key=_LABEL),
        schema,
    ).repeat()


def build_model(hp):
    inputs = [keras.layers.Input(shape=(1,), name=name) for name in _FEATURES]
    hidden = keras.layers.concatenate(inputs)
    for _ in range(int(hp.Int("num_layers", 1, 2, default=2))):
        hidden = keras.layers.Dense(8, activation="relu")(hidden)
    outputs = keras.layers.Dense(3, activation="softmax")(hidden)
    model = keras.Model(
        inputs=dict(zip(_FEATURES, inputs, strict=True)), outputs=outputs
    )
    rate = hp.Float("learning_rate", 1e-4, 1e-1, sampling="log", default=1e-2)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    return model


def fit_args(hp):
    return {"batch_size": _BATCH_SIZE}


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    from tensorflow_metadata.proto.v0 import schema_pb2
    from tfx.utils import io_utils

    settings = fn_args.custom_config
    schema = io_utils.parse_pbtxt_file(fn_args.schema_path, schema_pb2.Schema())
    tuner = keras_tuner.RandomSearch(
        build_model,
        max_trials=settings["max_trials"],
        objective=keras_tuner.Objective("val_loss", "min"),
        directory=fn_args.working_dir,
        project_name="penguin_tuning",
        seed=1,
    )
    return TunerFnResult(
        tuner=tuner,
        fit_kwargs={
            "x": _input_fn(
                fn_args.train_files, fn_args.data_accessor, schema, _BATCH_SIZE
            ),
            "validation_data": _input_fn(
                fn_args.eval_files, fn_args.data_accessor, schema, _BATCH_SIZE
            ),
            "steps_per_epoch": fn_args.train_steps,
            "validation_steps": fn_args.eval_steps,
            "epochs": settings["epochs"],
            "verbose": 0,
        },
    )
