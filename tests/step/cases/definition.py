"""What the definition of the step itself says wrongly."""

from __future__ import annotations

from pathlib import Path

from tests.step.cases.step import own, run
from tests.step.fixtures import outputs
from tuner_component import Search, Tuner


def no_trials(inputs, root):
    Search(max_trials=0)


def parallelism_in_conflict(inputs, root):
    run(inputs, own(Search(max_trials=2, parallelism=2), parallel=3), root)


def unwritable_study_folder(inputs, root):
    run(inputs, own(Search(max_trials=2, study_dir="/proc/no_such_folder")), root)


def custom_config_that_is_not_json(inputs, root):
    from tfx.types import channel_utils

    Tuner(
        examples=channel_utils.as_channel(inputs["examples"]),
        module_file="module.py",
        custom_config={"callback": print},
    )


def second_file_in_the_artifact_folder(inputs, root):
    made = outputs(root)
    folder = Path(made["best_hyperparameters"][0].uri)
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("")
    run(inputs, own(), root, made)


CASES = {
    no_trials: r"max_trials=0\): expected at least 1",
    parallelism_in_conflict: r"num_parallel_trials=3.*parallelism=2",
    unwritable_study_folder: r"/proc/no_such_folder.* cannot be written.*study_dir",
    custom_config_that_is_not_json: r"custom_config=.*cannot be written as JSON",
    second_file_in_the_artifact_folder: r"already holds \['notes.txt'\].*exactly one",
}
