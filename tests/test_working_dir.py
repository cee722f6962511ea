"""The folder of a study that the user's code gets."""

from __future__ import annotations

from types import SimpleNamespace

from tuner_component import working_dir
from tuner_component.evaluation import Job


def _entered(folder, **note):
    fn_args = SimpleNamespace(working_dir="elsewhere")
    job = Job("0", {}, 0, 0, str(folder), "loss", "min", note=note)
    working_dir.enter(fn_args, job)
    return fn_args.working_dir


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
    working_dir.enter(None, Job("0", {}, 0, 0, str(tmp_path / "x"), "loss", "min"))
    assert not list(tmp_path.iterdir())
