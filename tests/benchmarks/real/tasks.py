"""Real models on real data, as any KerasTuner user would write them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

_TFX = Path(__file__).resolve().parents[4] / "shared" / "data" / "tfx"
_TAXI = _TFX / "components" / "testdata" / "transform" / "transformed_examples"
_MNIST = _TFX / "examples" / "mnist" / "data" / "mnist.tfrecord"
_TAXI_LABEL = "tips_xf"
_NUM_MNIST_TRAIN = 700

Arrays = tuple[dict[str, np.ndarray], np.ndarray]
"""Feature name to values, and the labels."""


@dataclasses.dataclass(frozen=True)
class RealTask:
    """What is trained on what.

    Attributes:
        name: Unique.
        build_model: hp -> compiled Keras model.
        load: Returns the training and the validation arrays.
        objective: The metric that decides.
        direction: `"min"` or `"max"`.
        epochs: Of one full training.
        batch_size: Examples in a batch.
    """

    name: str
    build_model: Callable[[Any], Any]
    load: Callable[[], tuple[Arrays, Arrays]]
    objective: str
    direction: str
    epochs: int
    batch_size: int


def is_there() -> bool:
    return _TAXI.is_dir() and _MNIST.is_file()


def _taxi_model(hp: Any) -> Any:
    import keras

    names = _taxi_features()
    inputs = {name: keras.Input((1,), name=name) for name in names}
    parts = []
    for name, size in names.items():
        if size:
            width = hp.Choice("embedding", [2, 4, 8, 16], default=4)
            embedded = keras.layers.Embedding(size, width)(inputs[name])
            parts.append(keras.layers.Flatten()(embedded))
        else:
            parts.append(inputs[name])
    x = keras.layers.Concatenate()(parts)
    for layer in range(hp.Int("layers", 1, 3)):
        units = hp.Int(f"units_{layer}", 8, 256, sampling="log", default=32)
        x = keras.layers.Dense(units, hp.Choice("activation", ["relu", "tanh"]))(x)
        x = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.6))(x)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(x))
    rate = hp.Float("learning_rate", 1e-5, 1e-1, sampling="log", default=1e-3)
    _compile(model, hp, rate, "binary_crossentropy")
    return model


def _mnist_model(hp: Any) -> Any:
    import keras

    layers: list[Any] = []
    for block in range(hp.Int("blocks", 1, 3)):
        filters = hp.Int(f"filters_{block}", 4, 32, sampling="log", default=8)
        size = hp.Choice("kernel", [3, 5])
        layers.append(keras.layers.Conv2D(filters, size, padding="same"))
        if hp.Boolean("batch_norm"):
            layers.append(keras.layers.BatchNormalization())
        layers += [keras.layers.ReLU(), keras.layers.MaxPooling2D()]
    layers += [
        keras.layers.Flatten(),
        keras.layers.Dropout(hp.Float("dropout", 0, 0.6)),
    ]
    units = hp.Int("units", 16, 128, sampling="log", default=32)
    layers += [keras.layers.Dense(units, "relu"), keras.layers.Dense(10, "softmax")]
    image = keras.Input((28, 28, 1), name="image")
    model = keras.Model({"image": image}, keras.Sequential(layers)(image))
    rate = hp.Float("learning_rate", 1e-5, 1e-1, sampling="log", default=1e-3)
    _compile(model, hp, rate, "sparse_categorical_crossentropy")
    return model


def _compile(model: Any, hp: Any, rate: float, loss: str) -> None:
    import keras

    kinds = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
    kinds["sgd"] = lambda rate: keras.optimizers.SGD(rate, momentum=0.9)
    optimizer = kinds[hp.Choice("optimizer", list(kinds))](rate)
    model.compile(optimizer, loss, metrics=["accuracy"])


def _taxi_features() -> Mapping[str, int]:
    """Returns the number of codes of each feature; 0 for a real number."""
    (train, _), _ = _taxi()
    return {
        name: 0 if train[name].dtype.kind == "f" else int(train[name].max()) + 1
        for name in train
    }


@functools.cache
def _taxi() -> tuple[Arrays, Arrays]:
    train, validation = (
        _records(_TAXI / f"Split-{name}") for name in ("train", "eval")
    )
    labels = [part.pop(_TAXI_LABEL).astype("float32") for part in (train, validation)]
    for name, values in train.items():
        if values.dtype.kind != "f":
            known = np.unique(values)
            for part in (train, validation):
                part[name] = _codes(part[name], known)
    return (train, labels[0]), (validation, labels[1])


def _codes(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Returns numbers from 1; 0 for a value that is not known."""
    places = np.searchsorted(known, values).clip(max=len(known) - 1)
    return np.where(known[places] == values, places + 1, 0)


def _mnist() -> tuple[Arrays, Arrays]:
    table = _records(_MNIST)
    images = table["image_floats"].reshape(-1, 28, 28, 1)
    labels = table["image_class"].reshape(-1)
    order = np.random.default_rng(0).permutation(len(labels))
    train, validation = np.split(order, [_NUM_MNIST_TRAIN])
    return (
        ({"image": images[train]}, labels[train]),
        ({"image": images[validation]}, labels[validation]),
    )


def _records(path: Path) -> dict[str, np.ndarray]:
    """Returns the features of all examples, each of shape `(n, length)`."""
    import tensorflow as tf

    files = [str(file) for file in path.glob("*.gz")] or [str(path)]
    kind = "GZIP" if files[0].endswith("gz") else ""
    columns: dict[str, list[np.ndarray]] = {}
    for record in tf.data.TFRecordDataset(files, kind).as_numpy_iterator():
        example = tf.train.Example.FromString(record)
        for name, feature in example.features.feature.items():
            values = getattr(feature, feature.WhichOneof("kind")).value
            dtype = "int64" if feature.HasField("int64_list") else "float32"
            columns.setdefault(name, []).append(np.array(values, dtype))
    return {name: np.stack(values) for name, values in sorted(columns.items())}


TASKS = {
    task.name: task
    for task in (
        RealTask("taxi", _taxi_model, _taxi, "val_loss", "min", 8, 128),
        RealTask("mnist", _mnist_model, _mnist, "val_accuracy", "max", 8, 32),
    )
}
