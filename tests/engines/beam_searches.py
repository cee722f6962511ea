"""Searches on Beam and on the local pool, over a small space, for comparison."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

from tuner_component import beam_search, search_loop, study_rounds
from tuner_component.engines.base import Engine
from tuner_component.engines.beam.order import Order
from tuner_component.engines.local_pool import LocalPool
from tuner_component.engines.pool_server import Preload
from tuner_component.search_space import Choice, Float, SearchSpace
from tuner_component.strategies import registry
from tuner_component.study import Study, StudyLimits
from tuner_component.study import home as study_home
from tuner_component.trial import Objective, Trial

RUNNER = "apache_beam.runners.portability.fn_api_runner.fn_runner.FnApiRunner"
LOSS = Objective("loss", "min")


def arguments(mode="in_memory", num_workers=1):
    return [
        f"--runner={RUNNER}",
        f"--direct_running_mode={mode}",
        f"--direct_num_workers={num_workers}",
    ]


def space() -> SearchSpace:
    return SearchSpace(
        [Float("x", -1.0, 1.0), Float("y", -1.0, 1.0), Choice("kind", ("a", "b"))]
    )


def make_strategy(name: str, options: dict):
    return registry.create(name, space(), 7, options)


@dataclasses.dataclass
class Case:
    """What is searched, wherever."""

    strategy: str = "random"
    options: dict = dataclasses.field(default_factory=dict)
    max_trials: int | None = 12
    round_size: int = 1000
    num_rounds: int = 4
    evaluator: str = "tests.engines.bowl:make_bowl"
    settings: dict = dataclasses.field(default_factory=dict)
    max_seconds: float | None = None
    check_options: bool = True
    libraries: tuple[str, ...] = ()
    max_deaths: int | None = None

    def limits(self) -> StudyLimits:
        return StudyLimits(
            max_trials=self.max_trials, seed=7, max_deaths=self.max_deaths
        )


class Silent:
    def on_event(self, study, event):
        pass

    def on_tick(self, study):
        pass


def on_beam(folder: Path, case: Case, submit, observer=None):
    """Returns the trials, and why the search ended."""
    settings = {"name": case.strategy, "options": case.options}
    with study_home.open_home(str(folder), {"case": case.strategy}) as home:
        options = case.options if case.check_options else {}
        strategy = make_strategy(case.strategy, options)
        cut = beam_search.left_under_way(home.folder) if case.max_deaths else None
        study = Study.open(home, strategy, LOSS, case.limits(), cut=cut)
        ends_at = None if case.max_seconds is None else time.time() + case.max_seconds
        order = Order(
            folder=home.folder,
            submission="",
            proposer=study_rounds.FACTORY,
            proposer_settings=study_rounds.settings(
                home.folder,
                "tests.engines.beam_searches:make_strategy",
                settings,
                study,
                case.round_size,
                ends_at,
            ),
            evaluator=case.evaluator,
            settings=case.settings,
            libraries=case.libraries,
            ends_at=ends_at,
        )
        reason = beam_search.run(
            study,
            home.journal,
            order,
            beam_search.Rounds(case.round_size, case.num_rounds),
            submit,
            observer or Silent(),
        )
        return study.trials, reason


def on_local_pool(folder: Path, case: Case, num_workers: int = 2):
    pool = LocalPool(
        num_workers,
        case.evaluator,
        case.settings,
        log_folder=str(folder / "logs"),
        preload=Preload(case.libraries),
    )
    return on_engine(folder, case, pool)


def on_engine(folder: Path, case: Case, engine: Engine):
    """Returns the trials, and why the search ended; closes the engine."""
    strategy = make_strategy(case.strategy, case.options)
    try:
        with study_home.open_home(str(folder), {"case": case.strategy}) as home:
            study = Study.open(home, strategy, LOSS, case.limits())
            reason = search_loop.run(study, engine, Silent(), case.max_seconds)
            return study.trials, reason
    finally:
        engine.close()


def told(trials: tuple[Trial, ...]) -> list[Trial]:
    """Returns the trials without what differs from run to run."""
    return [
        dataclasses.replace(
            trial,
            started_at=None,
            duration_seconds=0.0,
            worker="",
            error=None,
            rungs=tuple(
                dataclasses.replace(rung, duration_seconds=0.0) for rung in trial.rungs
            ),
        )
        for trial in trials
    ]


def resumed(folder: Path, case: Case) -> list[Trial]:
    """Returns the trials of a study that lies in a folder, whether it has ended."""
    with study_home.open_home(str(folder), {"case": case.strategy}) as home:
        strategy = make_strategy(case.strategy, case.options)
        return [*Study.open(home, strategy, LOSS, case.limits()).trials]


def evaluations(folder: Path) -> dict[str, list[str]]:
    """Returns what was trained, by trial."""
    return {
        path.name: path.read_text().splitlines()
        for path in sorted(folder.glob("*-0/evaluated/*"))
    }
