from __future__ import annotations

import os
from pathlib import Path

import pytest

from tuner_component.errors import StudyInUseError
from tuner_component.study import lock


def test_a_lock_is_held_until_it_is_closed(tmp_path):
    held = lock.acquire(tmp_path / "study.lock")
    with pytest.raises(StudyInUseError, match="in use by process"):
        lock.acquire(tmp_path / "study.lock")
    held.close()
    lock.acquire(tmp_path / "study.lock").close()


def test_where_no_owner_can_be_written_nothing_stays_locked():
    full = Path("/dev/full")
    with pytest.raises(OSError, match=r"Invalid argument|No space left"):
        lock.acquire(full)
    held = [os.path.realpath(file) for file in Path("/proc/self/fd").iterdir()]
    assert str(full) not in held
