"""A small convolutional network on MNIST, as KerasTuner's users write it."""

import keras
import keras_tuner
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.components.tuner.component import TunerFnResult
from tfx.utils import io_utils
from tfx_bsl.public import tfxio

_LABEL = "image_class"
_BATCH_SIZE = 64


def _input_fn(files, data_accessor, schema):
    return data_accessor.tf_dataset_factory(
        files,
        tfxio.TensorFlowDatasetOptions(batch_size=_BATCH_SIZE, label_key=_LABEL),
        schema,
    )


def build_model(hp):
    pixels = keras.Input((784,), name="image_floats")
    x = keras.layers.Reshape((28, 28, 1))(pixels)
    for filters in (16, 32):
        x = keras.layers.Conv2D(filters, 3, activation="relu")(x)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5, default=0.2))(x)
    x = keras.layers.Dense(hp.Choice("units", [32, 64], default=64), "relu")(x)
    outputs = keras.layers.Dense(10, "softmax")(x)
    model = keras.Model({"image_floats": pixels}, outputs)
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
    model.compile(
        keras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def fit_args(hp):
    return {"batch_size": _BATCH_SIZE}


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    settings = fn_args.custom_config
    schema = io_utils.parse_pbtxt_file(fn_args.schema_path, schema_pb2.Schema())
    tuner = keras_tuner.RandomSearch(
        build_model,
        max_trials=settings["max_trials"],
        objective=keras_tuner.Objective("val_loss", "min"),
        directory=fn_args.working_dir,
        project_name="mnist",
        seed=1,
    )
    return TunerFnResult(
        tuner=tuner,
        fit_kwargs={
            "x": _input_fn(fn_args.train_files, fn_args.data_accessor, schema),
            "validation_data": _input_fn(
                fn_args.eval_files, fn_args.data_accessor, schema
            ),
            "steps_per_epoch": fn_args.train_steps,
            "validation_steps": fn_args.eval_steps,
            "epochs": settings["epochs"],
            "verbose": 0,
        },
    )
