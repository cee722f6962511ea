"""A step whose trials run on Beam."""

from __future__ import annotations

import math
import os
import tempfile
import time
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from tuner_component import beam_search, study_rounds
from tuner_component.engines.beam import options
from tuner_component.engines.beam.order import Order
from tuner_component.engines.devices import default_parallelism
from tuner_component.engines.placement import THREADS
from tuner_component.errors import PreflightError
from tuner_component.records import decode, encode
from tuner_component.search import Search
from tuner_component.search_loop import Observer
from tuner_component.step import tfx_inputs, warm_start
from tuner_component.step.flock_engine import elsewhere
from tuner_component.step.local_engine import from_tune_args
from tuner_component.step.request import Request
from tuner_component.step.search_plan import SearchPlan
from tuner_component.step.user_code import UserCode, make_plan
from tuner_component.step.user_module import UserModule, wheel_of
from tuner_component.step.warm_start import WarmStart
from tuner_component.step.worker_setup import worker_setup
from tuner_component.strategies.base import Strategy
from tuner_component.strategies.prior_studies import PriorStudy
from tuner_component.study import Study
from tuner_component.study.home import Home

_SLOT_ROUNDS = 3
"""Jobs of a round for each slot: runners deal them out unevenly."""
_MOST_JOBS = 1000
_MOST_ROUNDS = 30


def settle(request: Request) -> options.Settled:
    """Returns how the pipeline of a step runs.

    Raises:
        PreflightError: If options contradict each other, or a runner is missing.
    """
    search = request.search
    wanted = from_tune_args(request.properties.get("tune_args")) or search.parallelism
    settled = options.settle(request.beam_arguments, wanted, default_parallelism())
    options.check_folder(request.studies_root, settled)
    return settled


def rounds(plan: SearchPlan, num_slots: int) -> beam_search.Rounds:
    """Returns how a search is cut into rounds.

    Where proposals do not depend on outcomes a round is as large as it can be, and
    where they do it has a few jobs for every slot.

    Raises:
        PreflightError: If nobody knows how many there would be.
    """
    num_jobs, num_rungs = plan.effort.num_jobs, plan.effort.num_rungs
    if num_jobs is None:
        raise PreflightError(
            f"The strategy {plan.strategy_name!r} has no end of its own, and "
            'Search(engine="beam") lays out its rounds before it begins. Set '
            "Search(max_trials=...); max_seconds may end the search earlier."
        )
    size = min(max(num_jobs, 1), _MOST_JOBS)
    if plan.effort.learns:
        size = max(_SLOT_ROUNDS * num_slots, math.ceil(num_jobs / _MOST_ROUNDS))
    spare = num_rungs if num_rungs > 1 else 0
    return beam_search.Rounds(size, max(math.ceil(num_jobs / size), 1) + spare)


class OnBeam:
    """Runs the study of a step.

    Args:
        request: What TFX asks.
        module: The user's code.
        code: The same, once it has been explored.
        settled: How the pipeline runs.
        plan: The search's plan.

    Raises:
        PreflightError: If the search has no bounded number of rounds.
    """

    def __init__(
        self,
        request: Request,
        module: UserModule,
        code: UserCode,
        settled: options.Settled,
        plan: SearchPlan,
    ) -> None:
        self._rounds = rounds(plan, settled.num_slots)
        self._request, self._module = request, module
        self._code, self._settled = code, settled

    def run(
        self,
        study: Study,
        home: Home,
        warm: WarmStart,
        observer: Observer,
    ) -> str:
        """Searches; returns why it has ended, for people."""
        from tuner_component.engines.beam.pipeline import submitter

        order = self._order(study, home.folder, warm)
        submit = submitter(self._arguments())
        return beam_search.run(
            study, home.journal, order, self._rounds, submit, observer
        )

    def left_under_way(self, home: Home) -> set[str] | None:
        """Returns the trials during which the last step may have died; once.

        None where nobody knows, or none of them can be the reason: workers elsewhere
        are not the step.
        """
        if not self._settled.is_direct:
            return None
        return beam_search.left_under_way(home.folder)

    def _order(self, study: Study, folder: str, warm: WarmStart) -> Order:
        search, module = self._request.search, self._module
        setup = worker_setup(search, module, self._code.load_settings)
        settings = setup.settings
        if not self._settled.is_direct:
            settings = elsewhere(settings, module)
        ends_at = (
            None if search.max_seconds is None else time.time() + search.max_seconds
        )
        strategy_settings = {
            "search": search.to_json(),
            "load_settings": settings["load_settings"],
            "explored": encode(self._code.explored),
            "prior_studies": [encode(each) for each in warm.studies],
        }
        factory = f"{__name__}:make_strategy"
        return Order(
            folder=folder,
            submission="",
            proposer=study_rounds.FACTORY,
            proposer_settings=study_rounds.settings(
                folder,
                factory,
                strategy_settings,
                study,
                self._rounds.size,
                ends_at,
            ),
            evaluator=setup.evaluator,
            settings=settings,
            libraries=setup.libraries,
            user_modules=setup.user_modules,
            environment={**setup.environment, **self._environment()},
            limits=setup.limits,
            ends_at=ends_at,
        )

    def _environment(self) -> dict[str, str]:
        paths = [os.environ.get("PYTHONPATH"), self._module.folder]
        environment = {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        if self._settled.is_direct and self._settled.num_slots > 1:
            environment |= {name: os.environ.get(name, "1") for name in THREADS}
        return environment

    def _arguments(self) -> Sequence[str]:
        """Returns the pipeline's options, with the user's module for other hosts."""
        wheel = wheel_of(self._request.properties)
        given = self._settled.arguments
        known = any(a.startswith("--sdk_container_image") for a in given)
        if not wheel or known or self._settled.is_direct:
            return given
        return (*given, f"--extra_package={wheel}")


def make_strategy(
    search: str,
    load_settings: Mapping[str, Any],
    explored: Mapping[str, Any],
    prior_studies: Sequence[Mapping[str, Any]],
) -> Strategy:
    """Returns the strategy of a step, in a worker; all arguments are JSON."""
    module = UserModule(**load_settings["module"])
    args = tfx_inputs.fn_args(load_settings["inputs"]) if module.function else None
    scratch = tempfile.TemporaryDirectory(prefix="tuner_")
    plan = make_plan(Search.from_json(search), module, args, explored, scratch.name)
    studies = tuple(decode(PriorStudy, each) for each in prior_studies)
    made = warm_start.strategy(plan, WarmStart(studies))
    # An oracle of the user's may have files there.
    weakref.finalize(made, scratch.cleanup)
    return made
