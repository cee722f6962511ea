"""What the workers of a pipeline are told: strict JSON but for the code's names."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tuner_component.engines.limits import TrialLimits
from tuner_component.evaluation import Job, Outcome

Record = Mapping[str, Any]
"""An event of a study, as its journal has it."""


@dataclasses.dataclass(frozen=True)
class Proposed:
    """What follows from a round.

    Attributes:
        records: What is new in the study's journal.
        jobs: The next round; none when there is nothing to do.
        done: Why the search has ended; empty while it goes on.
        failure: Why it cannot go on; empty while it can.
    """

    records: Sequence[Record]
    jobs: Sequence[Job]
    done: str = ""
    failure: str = ""


class Proposer(Protocol):
    """Turns the outcomes of a round into the next one, in whichever worker."""

    def advance(
        self, records: Sequence[Record], outcomes: Sequence[Outcome]
    ) -> Proposed:
        """Returns the next round: the same for the same arguments.

        Args:
            records: The study's journal so far.
            outcomes: Of the round before, one for a trial at most. A trial that has
                none has not been run.
        """


@dataclasses.dataclass(frozen=True)
class Order:
    """What the workers of a pipeline do.

    Attributes:
        folder: The study's folder, which all workers share; may have a scheme.
        submission: The pipeline's name; names the files of its rounds.
        proposer: Import path "package.module:factory" of what makes a `Proposer`.
        proposer_settings: The factory's keyword arguments; JSON.
        evaluator: Import path of what makes an `Evaluator`.
        settings: The factory's keyword arguments; JSON.
        libraries: Modules that running trials need; importing them runs nothing.
        user_modules: The user's modules.
        environment: Variables that the processes which run trials have in addition.
        limits: What a trial may use.
        ends_at: Unix time in seconds when the trials under way are ended, and after
            which none begins; None for no end.
    """

    folder: str
    submission: str
    proposer: str
    proposer_settings: Mapping[str, Any]
    evaluator: str
    settings: Mapping[str, Any]
    libraries: Sequence[str] = ()
    user_modules: Sequence[str] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    limits: TrialLimits = dataclasses.field(default_factory=TrialLimits)
    ends_at: float | None = None
