"""One Tuner step, from artifacts to artifacts."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tuner_component import search_loop
from tuner_component.engines.base import Engine, Event
from tuner_component.engines.local_pool import LocalPool
from tuner_component.progress import Progress
from tuner_component.report.page import document
from tuner_component.search import Search
from tuner_component.step import (
    beam_engine,
    data_sketch,
    importances,
    outputs,
    preflight,
    results,
    summary,
    user_module,
    warm_start,
)
from tuner_component.step.beam_engine import OnBeam
from tuner_component.step.flock_engine import open_flock
from tuner_component.step.local_engine import (
    is_number_said,
    num_parallel_trials,
    num_together,
    open_engine,
)
from tuner_component.step.plan import check_options
from tuner_component.step.request import Request, log_folder, new_folder
from tuner_component.step.search_plan import SearchPlan
from tuner_component.step.user_code import UserCode
from tuner_component.step.user_module import UserModule
from tuner_component.step.worker_setup import worker_setup
from tuner_component.study import Study, StudyLimits
from tuner_component.study import home as study_home
from tuner_component.trial import TrialState

_MOST_DEATHS = 5  # It may be a machine that is taken away every so often.
_LONG_SECONDS = 20.0
_EXPLORING = (
    "Before the first trial the module's function is called with the defaults, the "
    "data are read, and the model makes one step. That takes longer than usual; the "
    "logs of the workers may say why."
)
_NOT_ALL_FOUND = (
    "build_model was called for as many hyperparameters as there was time for: there "
    "may be more than were found. A trial that asks for another adds it to the space."
)


def run(request: Request) -> None:
    """Checks, searches, and writes the artifacts.

    Raises:
        TunerError: If the step cannot be done; the message says what to do.
    """
    from tfx.dsl.io import fileio

    search = request.search
    check_options(search)
    preflight.check_outputs(request.outputs)
    preflight.check_inputs(request.inputs, *request.splits)
    preflight.check_test_split(
        request.inputs, request.search.test_split, request.used_splits
    )
    num_workers = num_parallel_trials(search, request.properties.get("tune_args"))
    settled = beam_engine.settle(request) if search.engine == "beam" else None
    root = request.studies_root
    preflight.check_study_folder(root)
    with tempfile.TemporaryDirectory(prefix="tuner_") as scratch:
        module = user_module.locate(request.properties, scratch)
        code = UserCode(request, module, scratch)
        engine, explore_folder = _open(request, num_workers, module, code, scratch)
        try:
            with _said_if_long(_EXPLORING):
                plan, identity = code.plan(engine, scratch, explore_folder)
            if not code.explored.get("complete", True):
                _say(_NOT_ALL_FOUND)
            if isinstance(engine, LocalPool):
                stock = bool(module.function)
                engine.do_together(num_together(search, stock=stock))
            on_beam = None
            if settled is not None:
                on_beam = OnBeam(request, module, code, settled, plan)
            _search(request, plan, engine, root, identity, on_beam)
        finally:
            engine.close()
            # Not before: the user's code may remember files of its own there.
            fileio.rmtree(explore_folder)


def _open(
    request: Request,
    num_trials: int,
    module: UserModule,
    code: UserCode,
    scratch: str,
) -> tuple[Engine, str]:
    """Returns where trials run, and a new folder that is seen here and there."""
    setup = worker_setup(request.search, module, code.load_settings)
    if request.search.engine != "flock":
        # On Beam it explores and exports, one job at a time.
        num_trials = num_trials if request.search.engine == "local" else 1
        logs = log_folder(request.studies_root)
        engine = open_engine(setup, num_trials, module, logs, f"{scratch}/graphs")
        return engine, new_folder(scratch)
    root = request.flock_root
    together = num_together(request.search, stock=bool(module.function))
    flock = open_flock(setup, num_trials, together, module, root, request.inputs)
    command = f"python -m tuner_component.worker --root {root}"
    _say(f"Trials run on the workers that are started with `{command}`.")
    return flock, new_folder(root)


def _search(
    request: Request,
    plan: SearchPlan,
    engine: Engine,
    root: str,
    identity: Mapping[str, Any],
    on_beam: OnBeam | None,
) -> None:
    """Runs the study that has this identity, and writes what came of it."""
    search = request.search
    given = warm_start.prepare(request.inputs, plan)
    with study_home.open_home(
        root, identity, search.resume, data_sketch.same_data
    ) as home:
        warm = warm_start.settle(given, home.journal.read())
        _say("\n".join(filter(None, (home.message, warm.text, plan.plan_text))))
        cut = on_beam.left_under_way(home) if on_beam else None
        study = Study.open(
            home,
            warm_start.strategy(plan, warm),
            plan.objectives,
            _limits(search, plan, _most_deaths(search, cut)),
            options={"search": search.to_json(), **warm.options},
            cut=cut,
        )
        _let_grow(request, engine, plan, study)
        watch = _Watch(request.node, plan)
        if on_beam is None:
            reason = search_loop.run(study, engine, watch, search.max_seconds)
        else:
            reason = on_beam.run(study, home, warm, watch)
        study.finish(reason)
        decisive = importances.estimated(study, plan.search_space)
        page = document(
            study.trials,
            study.objective,
            request.node,
            reason,
            study.objectives,
            decisive,
        )
        outputs.write_report(home.folder, page)
        best = results.require_winner(study, reason, home.folder)
        record = {
            "identity": identity,
            "search": search.to_json(),
            "best_trial": best.trial_id,
            "reason": reason,
            "warm_start": warm.text,
            **summary.for_record(study),
            **importances.summary(decisive),
        }
        written = results.write(request.outputs, study, best, engine, record, page)
        _say(summary.text(study, reason, home.folder, written))


def _let_grow(request: Request, engine: Engine, plan: SearchPlan, study: Study) -> None:
    """Leaves it to the pool how many workers are worth it, unless the user says.

    Of trials with rungs, the first ones tell nothing of the time of those that go on.
    """
    said = is_number_said(request.search, request.properties.get("tune_args"))
    expected = plan.num_expected if plan.effort.num_rungs == 1 else None
    if isinstance(engine, LocalPool) and expected and not said:
        num_done = sum(t.state is not TrialState.PENDING for t in study.trials)
        engine.grow(expected - num_done)


def _limits(search: Search, plan: SearchPlan, max_deaths: int | None) -> StudyLimits:
    return StudyLimits(
        max_trials=plan.max_trials,
        max_retries=search.max_retries,
        max_consecutive_failures=plan.max_consecutive_failures,
        seed=search.seed,
        keep_checkpoints=search.keep_checkpoints,
        max_deaths=max_deaths,
        least_chance=search.least_chance,
    )


def _most_deaths(search: Search, cut: Collection[str] | None) -> int | None:
    """Returns how often this step may die during a trial before the trial has failed.

    Elsewhere than on the step's machine a trial cannot be the reason, and where nobody
    knows the trials that were under way they would all be blamed.
    """
    is_known = search.engine == "local" or cut is not None
    return max(_MOST_DEATHS, search.max_retries + 1) if is_known else None


class _Watch:
    """Shows the study's progress."""

    def __init__(self, node: str, plan: SearchPlan) -> None:
        self._progress = Progress(
            node,
            plan.objectives,
            plan.num_expected,
            total_resource=plan.total_resource,
        )

    def on_event(self, study: Study, event: Event) -> None:
        self._progress.on_event(study.trials, event)

    def on_tick(self, study: Study) -> None:
        self._progress.on_tick(study.trials)


@contextlib.contextmanager
def _said_if_long(text: str) -> Iterator[None]:
    """Says what is done if it takes long."""
    timer = threading.Timer(_LONG_SECONDS, _say, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
