from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.chaos.deadly_beam import BYSTANDER, KILLER
from tests.engines.beam_searches import LOSS
from tuner_component.journal import open_journal
from tuner_component.study.history import History
from tuner_component.trial import TrialState


def _run(folder):
    command = [sys.executable, "-m", "tests.chaos.deadly_beam", str(folder)]
    return subprocess.run(command, capture_output=True, timeout=120).returncode


@pytest.mark.slow
def test_a_trial_that_ends_the_driver_is_the_only_one_to_fail(tmp_path):
    assert [_run(tmp_path) for _ in range(3)] == [-signal.SIGKILL] * 2 + [0]
    (study,) = (tmp_path / "study").glob("*-0")
    records = open_journal(str(study)).read()
    cut = [record["cut"] for record in records if record["type"] == "session"]
    assert cut == [[], [BYSTANDER, KILLER], [KILLER]]
    history = History((LOSS,))
    for record in records:
        history.apply(record)
    failed = [t for t in history.trials if t.state is not TrialState.COMPLETED]
    assert [t.trial_id for t in failed] == [KILLER]
    assert "The search died 2 times" in failed[0].error.message
    assert len(history.trials) == 6
