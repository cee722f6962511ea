"""The file with a trial's best weights."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

NAME = "best.weights.h5"


def save(model: Any, folder: str) -> None:
    """Writes to a local file first: not every Keras can write to a remote one."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as local:
        path = str(Path(local) / NAME)
        model.save_weights(path)
        tf.io.gfile.makedirs(folder)
        tf.io.gfile.copy(path, f"{folder}/{NAME}", overwrite=True)


def load(model: Any, folder: str) -> None:
    """Puts the weights of a folder into a model of the same structure."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as local:
        path = str(Path(local) / NAME)
        tf.io.gfile.copy(f"{folder}/{NAME}", path)
        model.load_weights(path)
