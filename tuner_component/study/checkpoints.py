"""Which trials keep their files: the best, the live, and those still needed."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from tuner_component import outcome_file
from tuner_component.gfile_store import GfileStore, is_remote
from tuner_component.pareto.ranking import pareto_set, ranked
from tuner_component.trial import Objective, Trial, TrialState

_logger = logging.getLogger(__name__)


def unneeded(
    trials: Sequence[Trial],
    keep: int,
    kept: Collection[str],
    objectives: Sequence[Objective] = (),
) -> list[str]:
    """Returns the ids of the trials whose files may go.

    The Pareto set of several objectives keeps its files: as more trials end, another
    one of it may become the compromise.

    Args:
        trials: All trials of the study.
        keep: How many of the best keep their files, >= 1.
        kept: Ids of trials that keep theirs whatever their rank.
        objectives: All of the study; one or none: the best are those by loss.
    """
    best = {trial.trial_id for trial in ranked(trials, objectives)[:keep]}
    best |= {trial.trial_id for trial in pareto_set(trials)}
    needed = best.union(kept)
    return [
        trial.trial_id
        for trial in trials
        if trial.state is not TrialState.PENDING and trial.trial_id not in needed
    ]


def loss_to_keep(
    trial: Trial,
    losses: Sequence[float],
    keep: int,
    kept: Collection[str],
    objectives: Sequence[Objective],
) -> float | None:
    """Returns the loss above which a trial that begins now will be `unneeded`.

    Writing the weights of a small model takes a third of its training.

    Args:
        trial: Is about to begin.
        losses: Those of the completed trials, the best first, without repeats of
            others, which are never the best.
        keep: How many of the best keep their files, >= 1.
        kept: Ids of trials that keep theirs whatever their rank.
        objectives: All of the study.

    Returns:
        The loss; None where the files may be needed whatever it is: for a promotion,
        for an heir, for a compromise, or while there are not enough that are better.
    """
    if kept or trial.fidelity or trial.inheritance or len(objectives) > 1:
        return None
    return losses[keep - 1] if len(losses) >= keep else None


def empty(folder: str) -> None:
    """Deletes what a trial left in its folder, but for its outcome.

    What cannot be deleted is logged and left: the search goes on.
    """
    try:
        if is_remote(folder):
            _empty_remote(GfileStore(folder))
        else:
            _empty_local(Path(folder))
    except OSError as error:
        _logger.warning("The files of a trial stay on disk: %s", error)


def _empty_local(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name == outcome_file.NAME:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _empty_remote(store: GfileStore) -> None:
    for name in store.list(""):
        if name != outcome_file.NAME:
            store.delete(name)
