"""The arithmetic of a search and nothing else: the same steps, written by hand.

    python -m tests.benchmarks.steps.bare TASK DATA_FOLDER RESULT_FILE

The default model is trained and validated as often as the search does, in one graph
that takes batches from arrays in memory. Imports and tracing do not count, but for
`script_cpu`, which is everything that this script does.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np


def main() -> int:
    name, data, result = sys.argv[1:]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tests.benchmarks.steps.tasks import TASKS

    task = TASKS[name]
    with tempfile.TemporaryDirectory() as folder:
        module = _loaded(task.write_module(Path(folder), stock=False))
        train, validation = _arrays(task, data, folder)
    import keras_tuner

    model = module.build_model(keras_tuner.HyperParameters())
    fit, score = _loops(model, task, train, validation)
    fit(1), score(1)
    begin = time.process_time()
    for _ in range(task.num_trials * task.epochs):
        fit(task.train_steps)
        score(task.eval_steps)
    end = time.process_time()
    written = {"step_cpu": end - begin, "script_cpu": end}
    Path(result).write_text(json.dumps(written))
    return 0


def _loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _arrays(task: Any, data: str, folder: str) -> list[tuple[dict[str, Any], Any]]:
    from tuner_component.data import Source, open_split
    from tuner_component.step import tfx_inputs

    given = task.properties(Path("none"), stock=False)
    described = tfx_inputs.describe(task.inputs(Path(data)), given, folder)
    args = tfx_inputs.fn_args(described)
    schema = tfx_inputs.training_schema(args)
    factory = args.data_accessor.tf_dataset_factory
    splits = []
    for files in (args.train_files, args.eval_files):
        split = open_split(Source(factory, files, schema, task.label))
        arrays = {name: np.array(a) for name, a in (split.arrays or {}).items()}
        label = arrays.pop("__label__")
        splits.append((arrays, label))
    return splits


def _loops(model: Any, task: Any, train: Any, validation: Any) -> tuple[Any, Any]:
    import keras
    import tensorflow as tf

    loss_of = keras.losses.get(model.loss)
    variables = model.trainable_variables
    model.optimizer.build(variables)

    def batch(data: Any, step: Any) -> tuple[dict[str, Any], Any]:
        arrays, label = data
        rows = (step * task.batch_size + tf.range(task.batch_size)) % len(label)
        return {n: tf.gather(a, rows) for n, a in arrays.items()}, tf.gather(
            label, rows
        )

    def loss(data: Any, step: Any, *, training: bool) -> Any:
        features, label = batch(data, step)
        return tf.reduce_mean(loss_of(label, model(features, training=training)))

    @tf.function
    def fit(steps: Any) -> Any:
        for step in tf.range(steps):
            with tf.GradientTape() as tape:
                value = loss(train, step, training=True)
            model.optimizer.apply(tape.gradient(value, variables), variables)

    @tf.function
    def score(steps: Any) -> Any:
        total = 0.0
        for step in tf.range(steps):
            total += loss(validation, step, training=False)
        return total

    return (lambda steps: fit(tf.constant(steps))), (
        lambda steps: score(tf.constant(steps))
    )


if __name__ == "__main__":
    sys.exit(main())
