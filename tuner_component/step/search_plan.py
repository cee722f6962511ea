"""What a search does, whoever decided it: the user, the tuner or the defaults."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuner_component.search_space import SearchSpace
from tuner_component.strategies.base import Strategy
from tuner_component.strategies.prior_studies import PriorStudy
from tuner_component.trial import Objective


@dataclasses.dataclass(frozen=True)
class Effort:
    """What a search comes to.

    Attributes:
        num_jobs: Evaluations at most, each rung of a trial counted; None: no end.
        num_rungs: How often a trial is evaluated at most.
        learns: Whether what is proposed, or when it is given up, depends on how
            earlier trials did, so that few should be proposed at once.
    """

    num_jobs: int | None
    num_rungs: int = 1
    learns: bool = True


@dataclasses.dataclass(frozen=True)
class SearchPlan:
    """Everything the study needs, whoever decided it.

    Attributes:
        strategy: What proposes trials.
        objectives: The metrics and their directions.
        max_trials: Trials at most, or None.
        max_consecutive_failures: Failures in a row that end the search.
        space: Hyperparameter name to a description, for the fingerprint.
        strategy_name: For the fingerprint and the user.
        num_expected: How many trials there will be, or None if nobody knows.
        effort: How many evaluations there will be at most.
        plan_text: What the strategy will spend, for people; empty where it has no
            plan.
        total_resource: What its plan comes to; None without one.
        search_space: What is known of the space before the first trial; None: the
            tuner's own oracle proposes.
        create: Makes the strategy for a space and earlier studies; None likewise.
    """

    strategy: Strategy
    objectives: tuple[Objective, ...]
    max_trials: int | None
    max_consecutive_failures: int
    space: Mapping[str, str]
    strategy_name: str
    num_expected: int | None
    effort: Effort = dataclasses.field(default_factory=lambda: Effort(None))
    plan_text: str = ""
    total_resource: float | None = None
    search_space: SearchSpace | None = None
    create: Callable[[SearchSpace, Sequence[PriorStudy]], Strategy] | None = None

    @property
    def objective(self) -> Objective:
        """The first objective."""
        return self.objectives[0]


def described_space(
    config: Mapping[str, Any], constraints: Sequence[str] = ()
) -> dict[str, str]:
    """Returns one line a hyperparameter or constraint, equal for equal spaces."""
    described: dict[str, list[str]] = {}
    for entry in config["space"]:
        details = {k: v for k, v in entry["config"].items() if k != "name"}
        text = f"{entry['class_name']} {json.dumps(details, sort_keys=True)}"
        described.setdefault(entry["config"]["name"], []).append(text)
    lines = {name: "; ".join(texts) for name, texts in described.items()}
    return {**lines, **{f"constraint {text}": "holds" for text in constraints}}
