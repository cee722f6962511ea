"""Evaluators that fit a small Keras model."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from tuner_component.evaluation import Evaluation, Evaluator, Job, Report


def make() -> Evaluator:
    """Fits only when as many jobs as `job.values["together"]` are under way."""

    def evaluate(job: Job, report: Report) -> Evaluation:
        import keras

        kind = job.trial_id.rstrip("0123456789")
        (Path(job.folder) / "here").touch()
        while len(list(Path(job.folder).parent.glob(f"{kind}*/here"))) < int(
            job.values["together"]
        ):
            time.sleep(0.01)
        keras.utils.set_random_seed(job.seed)
        model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        rows = np.random.default_rng(job.seed).normal(size=(64, 4))
        history = model.fit(rows, rows[:, :1], verbose=0)
        return Evaluation({"loss": float(history.history["loss"][-1])})

    return evaluate
