"""What a worker is told of a trial that begins now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tuner_component.evaluation import Job
from tuner_component.trial import Objective, Trial


def make_job(
    trial: Trial,
    attempt: int,
    objectives: Sequence[Objective],
    folder_of: Callable[[str], str],
    loss_to_keep: float | None,
) -> Job:
    """Returns the job of a trial.

    Args:
        trial: Is about to begin.
        attempt: Which one this is, see `Job`.
        objectives: All of the study; the first decides.
        folder_of: Returns the folder of a trial with this id.
        loss_to_keep: See `checkpoints.loss_to_keep`.
    """
    first, *further = objectives
    parent = trial.inheritance and trial.inheritance.parent
    return Job(
        trial_id=trial.trial_id,
        values=trial.values,
        seed=trial.seed,
        attempt=attempt,
        folder=folder_of(trial.trial_id),
        objective=first.name,
        direction=first.direction,
        fidelity=trial.fidelity,
        note=trial.note,
        stopping=trial.stopping,
        further_objectives=tuple(objective.name for objective in further),
        inheritance=trial.inheritance,
        parent_folder=folder_of(parent) if parent else "",
        loss_to_keep=loss_to_keep,
    )
