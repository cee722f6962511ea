"""User code for any CSV file with columns of numbers and strings.

TFX's Transform calls `preprocessing_fn`, the Tuner `build_model` and `fit_args`,
the Trainer `run_fn`. The pipeline hands each the same `custom_config`: `label` (a
column), `task` ("classification" or "regression"), `epochs` and `seed`.
"""

import re

import keras
import keras_tuner
import tensorflow as tf
import tensorflow_transform as tft
from tfx_bsl.public import tfxio

CLASSES = "classes"
"""Name of the vocabulary that numbers the classes."""


def transformed_name(column):
    """Returns what a column is called after Transform."""
    return f"{column}_xf"


def preprocessing_fn(inputs, custom_config):
    """Numbers are scaled, strings numbered, gaps filled."""
    label = custom_config["label"]
    if label not in inputs:
        raise ValueError(f"The label {label!r} is not a column of {sorted(inputs)}.")
    if isinstance(inputs[label], tf.SparseTensor):
        raise ValueError(f"The label {label!r} is missing in some of the rows.")
    outputs = {transformed_name(label): target(inputs[label], custom_config["task"])}
    columns = {name: column for name, column in inputs.items() if name != label}
    scaled = z_scores({k: v for k, v in columns.items() if is_full_of_numbers(v)})
    for name, column in columns.items():
        values = scaled[name] if name in scaled else feature(column)
        outputs[feature_name(name, outputs)] = values
    return outputs


def feature_name(column, taken):
    """Returns a name that is not taken, in letters that a SavedModel allows."""
    name = re.sub(r"\W", "_", transformed_name(column), flags=re.ASCII)
    name = re.sub("^_", "x_", name)
    while name in taken:
        name += "_"
    return name


def is_full_of_numbers(column):
    """Returns whether it has a number in every row."""
    return isinstance(column, tf.Tensor) and column.dtype != tf.string


def z_scores(columns):
    """Returns columns without gaps as z-scores, shape (rows, 1).

    They are analysed as one matrix; one by one, 30 of them take Transform a minute.
    """
    if not columns:
        return {}
    rows = [tf.reshape(tf.cast(c, tf.float32), [-1, 1]) for c in columns.values()]
    scaled = tft.scale_to_z_score(tf.concat(rows, axis=1), elementwise=True)
    return dict(zip(columns, tf.split(scaled, len(rows), axis=1), strict=True))


def feature(column):
    """Returns a column as z-scores or as indices of a vocabulary, shape (rows, 1)."""
    if column.dtype == tf.string:
        return tft.compute_and_apply_vocabulary(
            filled(column, ""), top_k=1000, num_oov_buckets=1
        )
    scaled = tft.scale_to_z_score(tf.cast(column, tf.float32))
    return filled(scaled, 0.0)  # the mean


def target(column, task):
    """Returns the label as a number, or as the index of its class.

    One index more stands for classes that are not in the training data.
    """
    if task == "regression":
        return tf.cast(column, tf.float32)
    names = column if column.dtype == tf.string else tf.strings.as_string(column)
    return tft.compute_and_apply_vocabulary(
        names, num_oov_buckets=1, vocab_filename=CLASSES
    )


def filled(column, default):
    """Returns a column without gaps, shape (rows, 1)."""
    if isinstance(column, tf.SparseTensor):
        shape = [column.dense_shape[0], 1]
        column = tf.sparse.to_dense(
            tf.SparseTensor(column.indices, column.values, shape), default
        )
    return tf.reshape(column, [-1, 1])


def build_model(hp, fn_args):
    """Returns a compiled network for the features that the transform graph has."""
    inputs, hidden = entrance(fn_args)
    for _ in range(hp.Int("num_layers", 1, 3, default=2)):
        units = hp.Int("units", 16, 128, step=16, default=64)
        hidden = keras.layers.Dense(units, activation="relu")(hidden)
        hidden = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.1))(hidden)
    return compiled(hp, fn_args, inputs, hidden)


def entrance(fn_args):
    """Returns the inputs by name, and all of them as one tensor (rows, features)."""
    transformed = tft.TFTransformOutput(fn_args.transform_graph_path)
    label = transformed_name(fn_args.custom_config["label"])

    inputs, columns = {}, []
    for name, spec in sorted(transformed.transformed_feature_spec().items()):
        if name != label:
            inputs[name] = keras.Input(spec.shape, name=name, dtype=spec.dtype.name)
            columns.append(_column(inputs[name], name, transformed))
    return inputs, keras.layers.Concatenate()(columns) if columns[1:] else columns[0]


def compiled(hp, fn_args, inputs, hidden):
    """Returns the model that predicts the label from `hidden`, ready for `fit`."""
    hp.Choice("batch_size", [32, 64, 128])  # taken up by `fit`, as is "epochs"
    hp.Fixed("epochs", fn_args.custom_config["epochs"])
    model = keras.Model(inputs, _head(hidden, fn_args))
    regression = fn_args.custom_config["task"] == "regression"
    model.compile(
        optimizer=keras.optimizers.Adam(
            hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
        ),
        loss="mean_squared_error" if regression else "sparse_categorical_crossentropy",
        metrics=["mean_absolute_error" if regression else "accuracy"],
    )
    return model


def fit_args(hp):  # noqa: ARG001 - the Tuner passes it
    """Returns further arguments of `fit`, the same for the Tuner and the Trainer."""
    patience = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    return {"callbacks": [patience]}


def run_fn(fn_args):
    """Trains with the best hyperparameters and saves the model for serving."""
    train(fn_args, build_model)


def train(fn_args, build_model):
    """Does what `run_fn` does, for any `build_model`."""
    keras.utils.set_random_seed(fn_args.custom_config["seed"])
    hp = keras_tuner.HyperParameters.from_config(fn_args.hyperparameters)
    model = build_model(hp, fn_args)
    train_steps, eval_steps = fn_args.train_steps, fn_args.eval_steps
    train = batches(fn_args, fn_args.train_files, hp.get("batch_size"), train_steps)
    model.fit(
        train,
        validation_data=batches(fn_args, fn_args.eval_files, 1024, eval_steps),
        epochs=hp.get("epochs"),
        steps_per_epoch=train_steps,
        validation_steps=eval_steps,
        verbose=0,
        **fit_args(hp),
    )
    save_for_serving(model, fn_args)


def batches(fn_args, files, batch_size, steps=None):
    """Returns batches of (features, label): one pass, or without end for `steps`."""
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=batch_size,
        label_key=transformed_name(fn_args.custom_config["label"]),
        num_epochs=None if steps else 1,
        shuffle_seed=fn_args.custom_config["seed"],
    )
    schema = tft.TFTransformOutput(fn_args.transform_graph_path).transformed_metadata
    return fn_args.data_accessor.tf_dataset_factory(files, options, schema.schema)


def save_for_serving(model, fn_args):
    """Saves the model with what it takes to predict from raw `tf.Example`s."""
    transformed = tft.TFTransformOutput(fn_args.transform_graph_path)
    serving = tf.Module()
    serving.model, serving.transform = model, transformed.transform_features_layer()
    serialized = tf.TensorSpec([None], tf.string, name="examples")

    @tf.function(input_signature=[serialized], autograph=False)
    def predict(examples):
        spec = transformed.raw_feature_spec()
        spec.pop(fn_args.custom_config["label"])
        features = serving.transform(tf.io.parse_example(examples, spec))
        return {"outputs": model({name: features[name] for name in model.input})}

    @tf.function(input_signature=[serialized], autograph=False)
    def transform_features(examples):
        spec = transformed.raw_feature_spec()
        return serving.transform(tf.io.parse_example(examples, spec))

    tf.saved_model.save(
        serving,
        fn_args.serving_model_dir,
        signatures={
            "serving_default": predict,
            "transform_features": transform_features,
        },
    )


def _column(tensor, name, transformed):
    if tensor.dtype == "float32":
        return tensor
    size = transformed.num_buckets_for_transformed_feature(name)
    return keras.layers.Flatten()(keras.layers.Embedding(size, 8)(tensor))


def _head(hidden, fn_args):
    transformed = tft.TFTransformOutput(fn_args.transform_graph_path)
    label = transformed_name(fn_args.custom_config["label"])
    if fn_args.custom_config["task"] == "classification":
        classes = transformed.num_buckets_for_transformed_feature(label)
        return keras.layers.Dense(classes, activation="softmax")(hidden)
    labels = next(iter(batches(fn_args, fn_args.train_files, 1024)))[1].numpy()
    scale = keras.layers.Rescaling(float(labels.std()) or 1.0, float(labels.mean()))
    return scale(keras.layers.Dense(1)(hidden))  # the network works on z-scores
