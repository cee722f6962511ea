"""Embeddings of whole numbers beside real numbers, for taxi trips and for made rows."""

import keras
import keras_tuner
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.components.tuner.component import TunerFnResult
from tfx.utils import io_utils
from tfx_bsl.public import tfxio

_LABEL = "tips_xf"
_BATCH_SIZE = 128
_NUMBERS = ("fare_xf", "trip_miles_xf", "trip_seconds_xf")
_CODES = {
    "company_xf": 63,
    "dropoff_community_area_xf": 78,
    "dropoff_latitude_xf": 10,
    "dropoff_longitude_xf": 10,
    "payment_type_xf": 16,
    "pickup_community_area_xf": 78,
    "pickup_latitude_xf": 10,
    "pickup_longitude_xf": 10,
    "trip_start_day_xf": 8,
    "trip_start_hour_xf": 24,
    "trip_start_month_xf": 13,
}


def _schema(fn_args):
    if fn_args.transform_graph_path:
        return tft.TFTransformOutput(
            fn_args.transform_graph_path
        ).transformed_metadata.schema
    return io_utils.parse_pbtxt_file(fn_args.schema_path, schema_pb2.Schema())


def _input_fn(files, data_accessor, schema):
    return data_accessor.tf_dataset_factory(
        files,
        tfxio.TensorFlowDatasetOptions(batch_size=_BATCH_SIZE, label_key=_LABEL),
        schema,
    )


def build_model(hp):
    inputs = {name: keras.Input((1,), name=name) for name in (*_NUMBERS, *_CODES)}
    parts = [inputs[name] for name in _NUMBERS]
    for name, size in _CODES.items():
        embedded = keras.layers.Embedding(size, 8)(inputs[name])
        parts.append(keras.layers.Flatten()(embedded))
    x = keras.layers.Concatenate()(parts)
    for _ in range(2):
        x = keras.layers.Dense(hp.Choice("units", [64, 128], default=128), "relu")(x)
        x = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5, default=0.1))(x)
    # A list: Keras takes a dict of the data by these names then, whatever else it has.
    model = keras.Model(list(inputs.values()), keras.layers.Dense(1, "sigmoid")(x))
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
    model.compile(
        keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"]
    )
    return model


def fit_args(hp):
    return {"batch_size": _BATCH_SIZE}


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    settings = fn_args.custom_config
    schema = _schema(fn_args)
    tuner = keras_tuner.RandomSearch(
        build_model,
        max_trials=settings["max_trials"],
        objective=keras_tuner.Objective("val_loss", "min"),
        directory=fn_args.working_dir,
        project_name="tabular",
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
