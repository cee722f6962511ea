"""The folders of a study's trials: what workers leave in them, and until when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from tuner_component.evaluation import Outcome
from tuner_component.gfile_store import is_remote
from tuner_component.outcome_file import read_outcome
from tuner_component.strategies.base import Strategy, kept
from tuner_component.study import checkpoints, policy
from tuner_component.study.history import History
from tuner_component.study.policy import StudyLimits
from tuner_component.trial import Objective, Trial


class TrialFiles:
    """A folder for each trial of a study.

    Args:
        folder: The study's; may have a scheme.
        strategy: One with a method `keeps(history) -> Collection[str]` protects the
            files of the trials that it names.
        history: The study's trials.
        limits: Say how many of the best keep their files.
        objectives: The metrics that decide.
    """

    def __init__(
        self,
        folder: str,
        strategy: Strategy,
        history: History,
        limits: StudyLimits,
        objectives: Sequence[Objective],
    ) -> None:
        self._folder, self._strategy, self._history = folder, strategy, history
        self._limits, self._objectives = limits, objectives
        self._emptied: set[str] = set()

    def folder_of(self, trial_id: str) -> str:
        """Returns the trial's own folder."""
        return f"{self._folder}/trials/{trial_id}"

    def prepare(self, trial_id: str) -> None:
        """Sees to it that an attempt has a folder to write to."""
        folder = self.folder_of(trial_id)
        if not is_remote(folder):
            Path(folder).mkdir(parents=True, exist_ok=True)
        self._emptied.discard(trial_id)

    def kept_outcome(self, trial: Trial) -> Outcome | None:
        """Returns what a worker left that died, or whose driver did, before telling."""
        outcome = read_outcome(self.folder_of(trial.trial_id))
        if outcome is None or outcome.trial_id != trial.trial_id:
            return None
        return None if policy.is_infrastructure(outcome) else outcome

    def loss_to_keep(self, trial: Trial) -> float | None:
        """Returns the loss above which nobody needs the files of a trial that begins.

        None where they may be needed whatever it is.
        """
        losses = self._history.losses
        return checkpoints.loss_to_keep(trial, losses, *self._retention())

    def prune(self) -> None:
        """Deletes the files of trials that nobody needs any more."""
        for trial_id in checkpoints.unneeded(self._history.trials, *self._retention()):
            if trial_id not in self._emptied:
                checkpoints.empty(self.folder_of(trial_id))
                self._emptied.add(trial_id)

    def _retention(self) -> tuple[int, Collection[str], Sequence[Objective]]:
        """Returns what decides whose files are needed; see `checkpoints`."""
        needed = kept(self._strategy, self._history.trials)
        return self._limits.keep_checkpoints, needed, self._objectives
