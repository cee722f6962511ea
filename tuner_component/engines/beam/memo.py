"""What a search has on shared storage, so that nothing is done twice.

Below the folder `beam` of a study:

- `outcomes/<trial>-<digest>.json`: the outcome of a job, whichever pipeline ran it;
- `<submission>/<round>.json`: the records and jobs that a round began with;
- `<submission>/<round>.taken/<trial>`: who runs a job of the round;
- `<submission>/<round>-died-<trial>.json`: how the process that did so died;
- `<submission>/workers/<token>`: touched by a worker of the pipeline.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from tuner_component.engines.beam.beats import Beats, StuckWorkers
from tuner_component.engines.beam.claims import Claims
from tuner_component.engines.beam.order import Proposed
from tuner_component.engines.beam.state import State
from tuner_component.engines.storage.objects import UNFINISHED, open_storage
from tuner_component.engines.storage.retries import RetryingStorage
from tuner_component.evaluation import Job, Outcome
from tuner_component.gfile_store import is_remote
from tuner_component.records import decode, encode
from tuner_component.trial import Reason, TrialError

_FOLDER, _OUTCOMES = "beam", "outcomes"
_OUTCOME_BYTES = 16 * 1024


class Memo:
    """The files of a search. Threads may share it; failures are `OSError`.

    Args:
        folder: The study's folder.
    """

    def __init__(self, folder: str) -> None:
        self._storage = RetryingStorage(open_storage(f"{folder}/{_FOLDER}"))
        self._local = None if is_remote(folder) else Path(folder) / _FOLDER
        self._claims = None if self._local is None else Claims(self._local)
        self._beats = None if self._local is None else Beats(self._local)

    @property
    def can_claim(self) -> bool:
        """Whether the storage can tell who came first: object stores cannot."""
        return self._claims is not None

    def outcome(self, job: Job) -> Outcome | None:
        """Returns the outcome that this job had once; None if it had none."""
        return self._read(outcome_name(job), job)

    def death(self, round_name: str, job: Job) -> Outcome | None:
        """Returns how the process died that ran a job of a round; None if none did."""
        return self._read(_death_name(round_name, job), job)

    def keep(self, round_name: str, job: Job, outcome: Outcome) -> None:
        """Keeps the outcome of a job; one of a dead process only for its round."""
        died = outcome.error and outcome.error.is_infrastructure
        name = _death_name(round_name, job) if died else outcome_name(job)
        data = json.dumps(encode(outcome), allow_nan=False).encode()
        self._storage.write(name, data)

    def names(self) -> set[str]:
        """Returns the `outcome_name` of every job that has one."""
        return {f"{_OUTCOMES}/{name}" for name in self._storage.list(_OUTCOMES)}

    def claim(self, round_name: str, job: Job) -> bool:
        """Returns whether the caller is the first to take a job of a round."""
        return self._claims is None or self._claims.take(round_name, job.trial_id)

    def unclaim(self, round_name: str, job: Job) -> None:
        """Lets go of a job that has been ended: nobody has died of it."""
        if self._claims is not None:
            self._claims.drop(round_name, job.trial_id)

    def begin_beat(self, submission: str) -> None:
        """Shows the driver of a pipeline that this worker is at work."""
        if self._beats is not None:
            self._beats.begin(submission)

    def stuck_workers(self, submission: str) -> StuckWorkers | None:
        """Returns what finds a pipeline's workers that are paused; None if unknown."""
        return None if self._local is None else StuckWorkers(self._local, submission)

    def is_claimed(self, round_name: str, job: Job) -> bool:
        """Returns whether somebody has taken a job of a round."""
        return self._claims is not None and self._claims.is_taken(
            round_name, job.trial_id
        )

    def begun(self, round_name: str) -> Proposed | None:
        """Returns what a round began with; None if it has not begun."""
        with contextlib.suppress(FileNotFoundError):
            fields = json.loads(self._storage.read(f"{round_name}.json"))
            jobs = [decode(Job, job) for job in fields["jobs"]]
            return Proposed(**{**fields, "jobs": jobs})
        return None

    def begin(self, round_name: str, proposed: Proposed) -> None:
        """Writes down what a round begins with, before anybody runs it."""
        fields = {**vars(proposed), "jobs": [encode(job) for job in proposed.jobs]}
        data = json.dumps(fields, allow_nan=False).encode()
        self._storage.write(f"{round_name}.json", data)

    def is_wanted(self, round_name: str) -> bool:
        """Returns whether a driver still waits for a round, as far as can be told.

        A runner goes on with a pipeline whose driver has died; the next driver
        deletes what it began with.
        """
        return self._local is None or (self._local / f"{round_name}.json").exists()

    def try_writing(self, round_name: str, name: str) -> None:
        """Writes a file and deletes it: raises what a worker would come upon."""
        path = f"{round_name}-seen-{name}"
        self._storage.write(path, bytes(_OUTCOME_BYTES))
        self._storage.delete(path)

    def forget(self, submission: str) -> None:
        """Deletes what a pipeline that has ended left, but for outcomes."""
        if self._local is not None:
            shutil.rmtree(self._local / submission, ignore_errors=True)
            return
        for name in self._storage.list(submission):
            self._storage.delete(f"{submission}/{name}")

    def forget_all(self) -> None:
        """Deletes what pipelines of drivers that died have left, but for outcomes."""
        for name in self._submissions():
            self.forget(name)

    def left_under_way(self) -> set[str] | None:
        """Returns the trials that workers ran when their driver died.

        None where the storage cannot tell.
        """
        if self._claims is None:
            return None
        return {
            job.trial_id
            for round_name in map(self._last_round, self._submissions())
            for job in self._jobs(round_name)
            if self.is_claimed(round_name, job)
            and not (self.outcome(job) or self.death(round_name, job))
        }

    def _submissions(self) -> list[str]:
        names = self._storage.list("")
        return [name for name in names if name not in (_OUTCOMES, UNFINISHED)]

    def _last_round(self, submission: str) -> str:
        """Returns the last round that a pipeline has begun; "" if there is none."""
        names = self._storage.list(submission)
        rounds = [name[:-5] for name in names if re.fullmatch(r"\d+\.json", name)]
        return f"{submission}/{max(rounds)}" if rounds else ""

    def _jobs(self, round_name: str) -> Sequence[Job]:
        proposed = self.begun(round_name) if round_name else None
        return proposed.jobs if proposed else ()

    def _read(self, name: str, job: Job) -> Outcome | None:
        try:
            outcome = decode(Outcome, json.loads(self._storage.read(name)))
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return None
        return outcome if outcome.trial_id == job.trial_id else None


def outcome_name(job: Job) -> str:
    """Names a job by all that its outcome depends on: not attempt and folder."""
    told = {
        name: part
        for name, part in encode(job).items()
        if name not in ("attempt", "folder")
    }
    text = json.dumps(told, sort_keys=True, allow_nan=False)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{_OUTCOMES}/{job.trial_id}-{digest}.json"


def _death_name(round_name: str, job: Job) -> str:
    return f"{round_name}-died-{job.trial_id}.json"


def unheard(memo: Memo, state: State, heard: Collection[str]) -> Iterator[Outcome]:
    """Returns outcomes of a round whose workers did not live to report them.

    A job that somebody took and that has no outcome is one whose worker died.

    Args:
        memo: The search's.
        state: The round.
        heard: Ids of the trials that have reported.
    """
    for job in state.jobs:
        if job.trial_id in heard:
            continue
        kept = memo.outcome(job) or memo.death(state.round_name, job)
        if kept is not None:
            yield dataclasses.replace(kept, attempt=job.attempt)
        elif memo.is_claimed(state.round_name, job):
            text = "The Beam worker that ran the trial died."
            error = TrialError(Reason.INFRASTRUCTURE, text)
            yield Outcome(job.trial_id, job.attempt, error=error)


def first_of_each(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Returns one outcome for each trial, in the order of trial ids.

    A bundle that was run again reports twice; what is no death of a worker counts.
    """
    chosen: dict[str, Outcome] = {}
    for outcome in outcomes:
        known = chosen.get(outcome.trial_id)
        dead = known and known.error and known.error.is_infrastructure
        if known is None or dead:
            chosen[outcome.trial_id] = outcome
    return [chosen[trial_id] for trial_id in sorted(chosen)]
