"""A step whose trials run on the engine that its search names."""

from __future__ import annotations

from pathlib import Path

from tests.engines.flocks import end, start_worker
from tests.step.fixtures import outputs, properties, trials_of, write_inputs
from tuner_component.step.request import Request
from tuner_component.step.run import run


def run_on(search, folder):
    """Runs a step over penguins, with two workers if it is a flock.

    Returns:
        The trials of its record.
    """
    given = properties("own_model.py", search, label_key="species")
    made = outputs(folder)
    request = Request(write_inputs(folder / "data"), made, given, "Tuner")
    root, count = Path(request.flock_root), 2 * (search.engine == "flock")
    workers = [start_worker(root, f"w{number}") for number in range(count)]
    try:
        run(request)
    finally:
        for worker in workers:
            if worker.returncode is None:
                end(worker)
    return trials_of(made)
