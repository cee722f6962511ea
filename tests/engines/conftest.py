from __future__ import annotations

import pytest

from tests.engines.flocks import end, make_flock, start_worker


@pytest.fixture
def root(tmp_path):
    return tmp_path / "flock"


@pytest.fixture
def workers(root):
    """Starts workers, which are killed however the test ends."""
    started = []

    def start(*arguments, **options):
        started.append(start_worker(root, *arguments, **options))
        return started[-1]

    yield start
    for worker in started:
        if worker.returncode is None:
            end(worker)


@pytest.fixture
def flocks(root):
    """Makes flocks which are closed however the test ends."""
    made = []

    def make(storage=None, *arguments, **options):
        made.append(make_flock(storage or root, *arguments, **options))
        return made[-1]

    yield make
    for flock in made:
        flock.close()
