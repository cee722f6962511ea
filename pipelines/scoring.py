"""How good a trained model is: its own signatures on raw examples."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

_BATCH = 1024


@dataclasses.dataclass(frozen=True)
class Score:
    """A model's result on one split.

    Attributes:
        metric: `"accuracy"` or `"mean absolute error"`.
        value: Of the model.
        baseline: Of always the same answer.
        baseline_name: Which answer.
        num_rows: Rows in the split.
    """

    metric: str
    value: float
    baseline: float
    baseline_name: str
    num_rows: int


def score(model: Path, examples: Path, label: str, task: str) -> Score:
    """Scores a model through the signatures that serving and the Evaluator use.

    Args:
        model: A SavedModel with `serving_default` and `transform_features`.
        examples: A folder with files of raw, serialized `tf.Example`s.
        label: The transformed label's name.
        task: `"classification"` or `"regression"`.
    """
    signatures = tf.saved_model.load(str(model)).signatures
    predict, transform = signatures["serving_default"], signatures["transform_features"]
    files = sorted(str(file) for file in examples.iterdir())
    outputs, labels = [], []
    for batch in tf.data.TFRecordDataset(files, compression_type="GZIP").batch(_BATCH):
        outputs.append(predict(examples=batch)["outputs"].numpy())
        labels.append(transform(examples=batch)[label].numpy().reshape(-1))
    return _compare(np.concatenate(outputs), np.concatenate(labels), task)


def _compare(outputs: npt.NDArray[Any], labels: npt.NDArray[Any], task: str) -> Score:
    if task == "regression":
        errors = np.abs(outputs[:, 0] - labels)
        spread = np.abs(labels - np.median(labels))
        return Score(
            "mean absolute error",
            float(errors.mean()),
            float(spread.mean()),
            "always the median",
            len(labels),
        )
    hits = outputs.argmax(axis=1) == labels
    _, counts = np.unique(labels, return_counts=True)
    return Score(
        "accuracy",
        float(hits.mean()),
        counts.max() / len(labels),
        "always the most frequent class",
        len(labels),
    )
