"""The folder of a study that the user's code gets."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

from tests.sklearn_evaluation import trials
from tuner_component import model_evaluation
from tuner_component.evaluation import Evaluation, Job
from tuner_component.working_dir import InWorkingDir


def _job(folder, **note):
    return Job("0", {}, 0, 0, str(folder), "loss", "min", note=note)


def _entered(folder, **note):
    """Returns the folder that an evaluator finds."""
    fn_args, seen = SimpleNamespace(working_dir="elsewhere"), []

    def evaluate(_job, _report):
        seen.append(fn_args.working_dir)
        return Evaluation({"loss": 0.0})

    InWorkingDir(fn_args, lambda: evaluate)(_job(folder, **note), print)
    return seen[0]


def test_trials_share_that_of_their_study(tmp_path):
    study, other = tmp_path / "a-0", tmp_path / "a-1"
    first = _entered(study / "trials" / "0000")
    assert first == _entered(study / "trials" / "0001") == f"{study}/working_dir"
    assert first != _entered(other / "trials" / "0000")
    assert (study / "working_dir").is_dir()


def test_exploring_has_one_of_its_own(tmp_path):
    assert _entered(tmp_path, explore=True) == f"{tmp_path}/working_dir"


def test_an_object_store_needs_no_folder():
    there = _entered("gs://bucket/studies/a-0/trials/0000")
    assert there == "gs://bucket/studies/a-0/working_dir"


def test_code_without_fn_args_is_left_alone(tmp_path):
    evaluator = InWorkingDir(None, lambda: lambda job, report: Evaluation({"loss": 0}))
    assert evaluator(_job(tmp_path / "x"), print).metrics == {"loss": 0}
    assert not list(tmp_path.iterdir())


def test_trials_together_are_in_that_of_their_study(tmp_path):
    fn_args = SimpleNamespace(working_dir="elsewhere")
    evaluator = InWorkingDir(fn_args, lambda: _Together(fn_args))
    jobs = [_job(tmp_path / "a-0" / "trials" / name) for name in ("0000", "0001")]
    assert evaluator.together(jobs, print) == [str(tmp_path / "a-0" / "working_dir")]


class _Together:
    def __init__(self, fn_args):
        self._fn_args = fn_args

    def together(self, _jobs, _report):
        return [self._fn_args.working_dir]


def test_what_cannot_train_together_trains_alone(tmp_path):
    evaluator = InWorkingDir(None, lambda: lambda job, report: Evaluation({"loss": 0}))
    assert evaluator.together([_job(tmp_path)], print) == ()


def code_that_notes(seen, fn_args):
    """Returns a module's code whose functions note the folder that they are given."""

    def build(hp):
        seen.append(fn_args.working_dir)
        return trials.logistic(hp)

    def cross_validation():
        seen.append(fn_args.working_dir)
        return {"cv": 2}

    code = trials.code_of(build)
    return dataclasses.replace(code, fn_args=fn_args, cross_validation=cross_validation)


def test_no_call_of_the_users_code_comes_before_it(tmp_path):
    seen, fn_args = [], SimpleNamespace(working_dir="elsewhere")
    settings = {"seen": seen, "fn_args": fn_args}
    evaluator = model_evaluation.make_evaluator(
        "tests.test_working_dir:code_that_notes", settings
    )
    assert not seen
    evaluator(trials.job_of(tmp_path / "a-0" / "trials" / "0000"), print)
    assert set(seen) == {str(tmp_path / "a-0" / "working_dir")}
