"""AutoKeras on images in a file; runs in its own environment, which has nothing of ours.

    python autokeras_search.py IMAGES.npz SEED SECONDS EPOCHS FILE

`IMAGES.npz` holds `x` and `y` of train, validation and test, as `x_train` and so on.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

import autokeras
import keras
import numpy as np

_BATCH_SIZE = 32


class EnoughError(BaseException):
    """The time is over; no `except Exception` of a tuner's may stop it."""


class Deadline(keras.callbacks.Callback):
    """Ends everything after so many CPU seconds of the process."""

    def __init__(self, ends_at: float) -> None:
        super().__init__()
        self.ends_at = ends_at

    def __deepcopy__(self, memo: object) -> Deadline:
        return Deadline(self.ends_at)

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        if time.process_time() > self.ends_at:
            raise EnoughError


def main(images: str, seed: int, seconds: float, epochs: int, file: str) -> None:
    data = dict(np.load(images))
    train, validation, test = (
        (data[f"x_{name}"], data[f"y_{name}"])
        for name in ("train", "validation", "test")
    )
    ends_at = time.process_time() + seconds
    with tempfile.TemporaryDirectory() as folder:
        search = autokeras.ImageClassifier(
            max_trials=1000, objective="val_accuracy", seed=seed, directory=folder
        )
        with contextlib.suppress(EnoughError):
            search.fit(
                *train,
                validation_data=validation,
                epochs=epochs,
                batch_size=_BATCH_SIZE,
                callbacks=[Deadline(ends_at)],
                verbose=0,
            )
        completed = search.tuner.oracle.get_best_trials(1)
        if not completed:
            Path(file).write_text(json.dumps({"test": 0.1, "num_trials": 0}))
            return
        pipeline, model, _ = search.tuner.final_fit(
            x=train[0],
            y=train[1],
            validation_data=validation,
            epochs=2 * epochs,
            batch_size=_BATCH_SIZE,
            callbacks=[
                keras.callbacks.EarlyStopping(
                    "val_accuracy",
                    patience=epochs,
                    mode="max",
                    restore_best_weights=True,
                )
            ],
            verbose=0,
        )
        scores = model.predict(pipeline.transform_x(test[0]), verbose=0)
        predicted = np.array(pipeline.postprocess(scores)).reshape(-1).astype(int)
        trials = search.tuner.oracle.trials
    result = {
        "test": float((predicted == test[1]).mean()),
        "validation": float(completed[0].score),
        "num_trials": len(trials),
        "parameters": model.count_params(),
    }
    Path(file).write_text(json.dumps(result))


if __name__ == "__main__":
    images, seed, seconds, epochs, file = sys.argv[1:]
    main(images, int(seed), float(seconds), int(epochs), file)
