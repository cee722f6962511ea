"""What the step says when the user's code fails before the first trial."""

from __future__ import annotations

import pytest

from tuner_component.errors import PreflightError
from tuner_component.evaluation import Outcome
from tuner_component.step import probe
from tuner_component.trial import Reason, TrialError


class Failing:
    """An engine whose jobs all fail with one error."""

    def __init__(self, error):
        self._error, self._jobs = error, []

    def submit(self, job):
        self._jobs.append(job)

    def wait(self):
        return [Outcome(self._jobs[-1].trial_id, 0, error=self._error)]


def test_what_fails_need_not_be_the_model(tmp_path):
    text = "AttributeError: module 'keras_tuner' has no attribute 'Random'"
    error = TrialError(Reason.USER_ERROR, text, "Traceback, in tuner_fn")
    with pytest.raises(PreflightError) as raised:
        probe.explore(Failing(error), str(tmp_path))
    said = str(raised.value)
    assert said.startswith("Before the first trial the module's function is called")
    assert f"That failed: {text}\nTraceback, in tuner_fn" in said
