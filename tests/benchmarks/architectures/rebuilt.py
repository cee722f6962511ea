"""The winner of a search in a pipeline, and what the stock Trainer makes of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.parts.figures import Figure
from tests.pipelines import command_line
from tuner_component import nas

_OPTIONS = ("--images", "--trials", 4, "--epochs", 12, "--strategy", "evolution")
_LABEL = "image_class_xf"


def figures() -> list[Figure]:
    """Returns how far the Trainer's model is from the one that won."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        command_line.run_local(root, *_OPTIONS)
        return _compared(root)


def _compared(root: Path) -> list[Figure]:
    import tensorflow as tf

    won = command_line.best_hyperparameters(root)["values"]
    completed = [t for t in command_line.trials(root) if t["state"] == "COMPLETED"]
    best = min(completed, key=lambda trial: trial["loss"])
    searched, trained = (
        tf.saved_model.load(str(command_line.artifact(root, *place) / "Format-Serving"))
        for place in (("Tuner", "best_model"), ("Trainer", "model"))
    )
    same_graph = nas.architecture_hash(won) == nas.architecture_hash(best["values"])
    sizes = [_num_weights(searched), _num_weights(trained)]
    hits = _hits(trained, root)
    expected = best["metrics"]["val_accuracy"]
    # Two accuracies on the same rows, each with its own sampling error.
    noise = np.sqrt(2 * expected * (1 - expected) / len(hits))
    away = abs(hits.mean() - expected) / noise
    return [
        Figure("rebuilt by the Trainer: graphs that differ", 1.0 - same_graph, 0.0),
        Figure("rebuilt: difference in parameters", abs(sizes[0] - sizes[1]), 0.0),
        Figure("rebuilt: accuracy away from the trial's, standard errors", away, 3.0),
        Figure("rebuilt: accuracy on the eval split", float(hits.mean()), 0.9, True),
    ]


def _num_weights(model) -> int:
    variables = model.signatures["serving_default"].variables
    return int(sum(np.prod(each.shape) for each in variables))


def _hits(trained, root: Path) -> np.ndarray:
    """Returns which rows of the eval split the Trainer's model gets right."""
    import tensorflow as tf

    split = command_line.artifact(root, "ImportExampleGen", "examples") / "Split-eval"
    files = [str(file) for file in split.iterdir()]
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").batch(4096)
    signatures, hits = trained.signatures, []
    for batch in records:
        outputs = signatures["serving_default"](examples=batch)["outputs"].numpy()
        labels = signatures["transform_features"](examples=batch)[_LABEL].numpy()
        hits.append(outputs.argmax(axis=1) == labels.reshape(-1))
    return np.concatenate(hits)
