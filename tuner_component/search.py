"""`Search`: everything about a search that is not the user's model."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Literal

from tuner_component.search_checks import check_search
from tuner_component.spelling import check_names
from tuner_component.trial import Objective

_VERSION = 1
_LEAST_CHANCE = 0.001


@dataclasses.dataclass(frozen=True)
class Search:
    """How to search: one typed object that travels as JSON.

    Every field has a default; with a stock `tuner_fn`, what is left at None is
    taken from the KerasTuner tuner that it returns.

    Attributes:
        strategy: `"random"`, `"grid"`, `"quasi_random"`, `"bayesian"`, `"evolution"`,
            `"reinforcement"`, `"successive_halving"`, `"hyperband"`, `"asha"`,
            `"median_rule"` or `"screening"`; None lets the tuner of a `tuner_fn`
            decide, and means `"bayesian"` for a `build_model`.
        strategy_options: Options of the strategy, by name.
        constraints: What a configuration must fulfil to be tried, as expressions over
            hyperparameters: `"units_2 <= units_1"`, `"hp['dense 1'] * units < 9000"`,
            `"not (optimizer == 'sgd' and learning_rate > 0.1)"`. One that names an
            inactive hyperparameter holds. The first trial has the default values or,
            where these are not allowed, the nearest that are. With a `tuner_fn` it
            needs a `strategy`.
        initial_points: Configurations to try after the defaults, as dicts; what they
            leave out is the default. With a `tuner_fn` it needs a `strategy`.
        objective: The metric that decides: an `Objective`, or a name whose
            direction is known (`"val_loss"`, `"val_accuracy"`, ...). None: the
            tuner's objective, or `"val_loss"` for a `build_model`. A list of 2 to 4
            searches for their Pareto set, and hands over the compromise; the first
            of them decides which epoch of a trial counts.
        max_trials: Trials to complete or fail at most, >= 1. None: the tuner's, or
            no limit where the strategy ends by itself.
        max_seconds: Length of the search at most, in seconds.
        max_trial_seconds: Length of one trial at most, in seconds; a longer one
            is ended and recorded as failed.
        max_trial_bytes: Resident memory of one trial at most, in bytes.
        max_retries: Further attempts at a trial whose worker died, >= 0.
        max_consecutive_failures: Trials in a row that may fail through the
            model code before the search ends, >= 1. None: the tuner's, or 3.
        epochs: Epochs of a `build_model` trial, unless `epochs` is a
            hyperparameter or `fit_args` says otherwise; >= 1. A strategy with rungs
            says the epochs itself, this many at most unless it has a `max_resource`;
            then neither may say them. In a `tuner_fn` it wins over the fit_kwargs.
        batch_size: Examples in a batch, on the same terms; >= 1.
        curve_stopping: Whether a training stops when its learning curve says that it
            will not beat the best trial: True, or the chance of beating it below
            which it stops, above 0 and below 1; True is 0.001. The trial is then
            STOPPED, with the score that it had. For a single objective, and models
            that train epoch by epoch.
        repeats: Runs of the five best configurations and of the defaults, with a seed
            each, >= 1; the last of the `max_trials` go to them. The best mean wins.
            Needs a single objective and, with a `tuner_fn`, a `strategy`.
        test_split: Name of a further split of the examples, on which the repeats are
            scored too. It decides nothing, so that it shows what the choice by the
            validation score has cost. Needs `repeats` and a `build_model`.
        seed: Fixes everything random, >= 0; 0 is a seed like any other.
        parallelism: Trials at once, >= 1. None: `TuneArgs.num_parallel_trials`
            or, without it, what the machine has room for, each worker as soon as
            what is left takes longer than its start.
        trials_together: Trials of the same structure, which differ in numbers such as
            the learning rate, that a worker of the engines `"local"` and `"flock"`
            trains as one computation at most; >= 1, and 1 trains each alone. Fewer
            than 50,000 batches in all are not worth it. The results are the same up
            to rounding. With more than 1, trials are proposed ahead, so that the
            limits on failed trials are noticed later. For a `build_model`.
        engine: Where trials run: `"local"`, in processes of the step's machine;
            `"beam"`, as rounds of a pipeline on the runner that `beam_pipeline_args`
            name; or
            `"flock"`, on workers that are started elsewhere with `python -m
            tuner_component.worker`; then someone must say how many trials at once.
        resume: `"auto"` continues a study with the same fingerprint, `"never"`
            starts a new one, `"must"` fails when there is none to continue.
        study_dir: Where studies are kept; None: beside the step's outputs.
        keep_checkpoints: Best models to keep on disk, >= 1.
    """

    strategy: str | None = None
    strategy_options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    constraints: list[str] = dataclasses.field(default_factory=list)
    initial_points: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    objective: list[Objective | str] | Objective | str | None = None
    max_trials: int | None = None
    max_seconds: float | None = None
    max_trial_seconds: float | None = None
    max_trial_bytes: int | None = None
    max_retries: int = 1
    max_consecutive_failures: int | None = None
    epochs: int = 10
    batch_size: int = 32
    curve_stopping: bool | float = False
    repeats: int = 1
    test_split: str | None = None
    seed: int = 0
    parallelism: int | None = None
    trials_together: int = 1
    engine: Literal["local", "beam", "flock"] = "local"
    resume: Literal["auto", "never", "must"] = "auto"
    study_dir: str | None = None
    keep_checkpoints: int = 1

    def __post_init__(self) -> None:
        check_search(self)

    @property
    def least_chance(self) -> float | None:
        """The chance below which a training stops; None: none does."""
        if isinstance(self.curve_stopping, bool):
            return _LEAST_CHANCE if self.curve_stopping else None
        return self.curve_stopping

    def to_json(self) -> str:
        """Returns the search as a JSON object, with the version of its form."""
        return json.dumps(
            {"version": _VERSION, **dataclasses.asdict(self)}, allow_nan=False
        )

    @classmethod
    def from_json(cls, text: str) -> Search:
        """Reads what `to_json` wrote.

        Raises:
            ValueError: If it is not a search of a version known here.
        """
        fields = json.loads(text)
        version = fields.pop("version", None) if isinstance(fields, dict) else None
        if version != _VERSION:
            raise ValueError(
                f"A search of version {version!r} cannot be read; expected version "
                f"{_VERSION}. Use the same release of tuner_component to define and "
                "to run the pipeline."
            )
        check_names("Search", fields, [f.name for f in dataclasses.fields(cls)])
        fields["objective"] = _objective(fields.get("objective"))
        return cls(**fields)


def _objective(given: Any) -> Any:
    """Reads what an objective, a name, a list of them or None became in JSON."""
    if isinstance(given, list):
        return [_objective(each) for each in given]
    return Objective(**given) if isinstance(given, dict) else given
