"""Evaluators for benchmarks; importing them costs nothing."""

from __future__ import annotations

import random
import time

from tuner_component.evaluation import Evaluation, Evaluator, Job, Report

LONG = frozenset(random.Random(0).sample(range(24), 6))


def make_uneven() -> Evaluator:
    """Six of 24 trials take 2 s and the others 0.5 s."""

    def evaluate(job: Job, report: Report) -> Evaluation:
        time.sleep(2.0 if int(job.trial_id) in LONG else 0.5)
        return Evaluation({"loss": 0.0})

    return evaluate


def make_asleep(seconds: float) -> Evaluator:
    def evaluate(job: Job, report: Report) -> Evaluation:
        time.sleep(seconds)
        return Evaluation({"loss": 0.0})

    return evaluate


def make_keras(epochs: int = 3) -> Evaluator:
    """Trains a small network."""
    import keras
    import numpy as np

    rows = np.random.default_rng(0).normal(size=(4096, 16)).astype("float32")

    def evaluate(job: Job, report: Report) -> Evaluation:
        keras.utils.set_random_seed(job.seed)
        model = keras.Sequential(
            [keras.layers.Dense(64, "relu"), keras.layers.Dense(1)]
        )
        model.compile("adam", "mse")
        history = model.fit(rows, rows[:, :1], epochs=epochs, verbose=0)
        return Evaluation({"loss": float(history.history["loss"][-1])})

    return evaluate


def make_sleeper() -> Evaluator:
    def evaluate(job: Job, report: Report) -> Evaluation:
        time.sleep(float(job.values["seconds"]))
        return Evaluation({"loss": 0.0})

    return evaluate
