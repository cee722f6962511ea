"""A seeded search to be killed: `python -m tests.chaos.search FOLDER [OPTIONS]`.

Every evaluation notes its begin in `begun.log`, so that the killer can tell whether a
trial that had an outcome was ever begun again.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from tuner_component import search_loop
from tuner_component.engines.local_pool import LocalPool
from tuner_component.evaluation import Evaluation
from tuner_component.keras_trials import training_state
from tuner_component.search_space import Choice, Float, SearchSpace
from tuner_component.strategies.random import Random
from tuner_component.strategies.successive_halving import SuccessiveHalving
from tuner_component.study import Study, StudyLimits
from tuner_component.study import home as study_home
from tuner_component.trial import Objective

NUM_TRIALS = 12
SPACE = SearchSpace(
    (Choice("units", (8, 16, 32)), Float("rate", 1e-4, 1.0, sampling="log"))
)


def halving():
    return SuccessiveHalving(SPACE, 0, max_resource=8, max_trials=NUM_TRIALS)


def make_evaluator(log, seconds):
    def evaluate(job, report):
        with Path(log).open("a") as file:
            file.write(f"{job.trial_id}\n")
        time.sleep(seconds)
        loss = math.log(job.values["rate"]) ** 2 + job.values["units"] + job.seed % 7
        return Evaluation({"loss": loss})

    return evaluate


def make_training(log, seconds):
    """Trains in epochs: a sum goes from rung to rung; notes from where to where."""

    def evaluate(job, report):
        epochs, earlier = training_state.epochs_of(job), training_state.read(job)
        first = earlier.epoch if earlier else 0
        with Path(log).open("a") as file:
            file.write(f"{job.trial_id}:{first}:{epochs}\n")
        if first == epochs:
            return earlier.evaluation
        steps = np.random.default_rng(job.seed).random(100) / (1 + job.values["rate"])
        total = float(earlier.arrays["sum"][0]) if earlier else 0.0
        for step in steps[first:epochs]:
            time.sleep(seconds)
            total += step
        state = training_state.TrainingState(
            job.values, job.seed, epochs, {"loss": -total}, arrays={"sum": [total]}
        )
        training_state.write(job, state)
        return state.evaluation

    return evaluate


class _Silent:
    def on_event(self, study, event):
        sys.stdout.write(f"{type(event).__name__}\n")
        sys.stdout.flush()

    def on_tick(self, study):
        pass


def _die_inside_append(number, fraction):
    """Makes the process die after a part of its `number`-th record is written."""
    write, left = os.write, [number]

    def dying_write(descriptor, data):
        if data[8:10] != b" {":
            return write(descriptor, data)
        left[0] -= 1
        if left[0] == 0:
            write(descriptor, data[: max(1, int(fraction * len(data)))])
            os.kill(os.getpid(), signal.SIGKILL)
        return write(descriptor, data)

    os.write = dying_write


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--die-in-append", type=int, default=0)
    parser.add_argument("--fraction", type=float, default=0.5)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--rungs", action="store_true")
    options = parser.parse_args()
    if options.die_in_append:
        _die_inside_append(options.die_in_append, options.fraction)
    strategy, made_by = Random(SPACE, 0), "make_evaluator"
    if options.rungs:
        strategy, made_by = halving(), "make_training"
    header = {"space": SPACE.fingerprint(), "strategy": type(strategy).__name__}
    with study_home.open_home(
        str(options.folder / "studies"), header, "auto", lambda one, other: one == other
    ) as home:
        study = Study.open(
            home,
            strategy,
            Objective("loss", "min"),
            StudyLimits(max_trials=NUM_TRIALS, max_retries=20),
        )
        settings = {
            "log": str(options.folder / "begun.log"),
            "seconds": options.seconds,
        }
        pool = LocalPool(
            2,
            f"tests.chaos.search:{made_by}",
            settings,
            log_folder=str(options.folder / "logs"),
        )
        sys.stdout.write(f"session {pool.session} {home.folder}\n")
        sys.stdout.flush()
        try:
            search_loop.run(study, pool, _Silent())
        finally:
            pool.close()


if __name__ == "__main__":
    main()
