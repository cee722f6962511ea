"""A disk that is full is not the fault of the trial that found it so."""

from __future__ import annotations

import errno
import os
import platform
from pathlib import Path

import pytest

from tuner_component.errors import TrialFailedError
from tuner_component.evaluation import Job, evaluate
from tuner_component.storage_faults import is_storage_fault
from tuner_component.trial import Reason

_FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not _FULL.exists(), reason="has no full device")


def _write():
    _FULL.write_bytes(bytes(10))


def _write_by_tensorflow():
    import tensorflow as tf

    with tf.io.gfile.GFile(str(_FULL), "wb") as file:
        file.write(bytes(10))


def _outcome(action):
    job = Job("0000", {}, 0, 0, "", "loss", "min")
    return evaluate(lambda *_: action(), job, lambda _: None)


@pytest.mark.parametrize("write", [_write, _write_by_tensorflow])
def test_a_trial_on_a_full_disk_is_tried_elsewhere(write):
    error = _outcome(write).error
    assert error.reason is Reason.INFRASTRUCTURE
    assert "No space left on device" in error.message
    assert f"A folder that {platform.node()} writes to is full" in error.message


def _give_up():
    raise TrialFailedError("No space left on device: it writes too much")


def _miss():
    Path("/dev/null/model").read_bytes()


@pytest.mark.parametrize("action", [_give_up, _miss])
def test_other_errors_are_the_trials(action):
    error = _outcome(action).error
    assert error.reason is Reason.USER_ERROR
    assert "is full" not in error.message


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.EDQUOT, True), (errno.EIO, True), (1, False)]
)
def test_by_number_and_by_text(number, expected):
    assert is_storage_fault(OSError(number, "")) is expected
    assert is_storage_fault(RuntimeError(f"({os.strerror(number)})")) is expected
