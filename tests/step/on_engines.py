"""A step whose trials run on the engine that its search names."""

from __future__ import annotations

from pathlib import Path

from tests.engines.flocks import end, start_worker
from tests.step import apart
from tests.step.fixtures import MODULES, outputs, properties, trials_of, write_inputs
from tuner_component.step.request import Request
from tuner_component.step.run import run

_KERAS_OF_THE_STEP = """from tensorflow import keras

assert keras.Model.__module__.startswith("keras."), "not the Keras of the step"
"""


def run_on(search, folder):
    """Runs a step over penguins, with two workers if it is a flock.

    Returns:
        The trials of its record.
    """
    module = folder / "model_of_tensorflow.py"
    text = (MODULES / "own_model.py").read_text()
    module.write_text(text.replace("import keras\n", _KERAS_OF_THE_STEP, 1))
    return run_given(properties(module, search, label_key="species"), folder)


def run_given(given, folder, workers=(("w0",), ("w1",))):
    """Runs a step of these properties, with these workers if it is a flock.

    Args:
        given: The step's.
        folder: For all that it reads and writes.
        workers: The name of each, and options of its command.

    Returns:
        The trials of its record.
    """
    made = outputs(folder)
    request = Request(write_inputs(folder / "data"), made, given, "Tuner")
    root, is_flock = Path(request.flock_root), request.search.engine == "flock"
    # Whatever their hosts say, workers have the Keras of the step.
    says = {"TF_USE_LEGACY_KERAS": "1"}
    started = [start_worker(root, *worker, **says) for worker in workers if is_flock]
    try:
        apart.call(run, request)
    finally:
        for worker in started:
            if worker.returncode is None:
                end(worker)
    return trials_of(made)
