"""Bayesian: tries what promises the largest improvement."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Container, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.pareto.dominance import non_dominated
from tuner_component.search_space import SearchSpace
from tuner_component.search_space.encoding import Encoding
from tuner_component.strategies.base import Action, Suggest, rng
from tuner_component.strategies.gaussian_process import candidates, front
from tuner_component.strategies.gaussian_process.ensemble import Ensemble
from tuner_component.strategies.gaussian_process.prior import separate
from tuner_component.strategies.gaussian_process.surrogate import (
    Observations,
    Surrogate,
)
from tuner_component.strategies.latin_hypercube import LatinHypercube
from tuner_component.strategies.options import check_flag, check_integer, check_number
from tuner_component.strategies.prior_studies import PriorStudy
from tuner_component.strategies.random import Random
from tuner_component.strategies.tried import Tried
from tuner_component.trial import Trial, TrialState, Value

Array = npt.NDArray[np.float64]

_LISTED = 20_000
"""Finite spaces up to this size are searched for the best proposal exhaustively."""
_LEAST_SECONDS = 1e-3
_LEAST_INITIAL = 3
_MAX_EQUAL = 5
"""So often another architecture is asked for than one that was tried already."""
_WIDE_EVERY = 3
"""It looks at random places and variations; the others look closer at the best."""
_PATIENCE = 8
"""After so many trials without a better one, two of three proposals look wider."""


class Bayesian:
    """Models the losses by a Gaussian process and maximises the improvement expected.

    The first trial has the defaults; a few that fill the space follow, and from then
    on the model decides, but for a small share of random trials. Trials that still
    run count as if their loss were what the model expects, so that proposals made
    together differ. Failed ones count as bad as the worst. Losses of paused trials
    count like those of completed ones: a caller whose trials had unequal trainings
    makes them comparable first.

    Of trials with several losses it maximises the hypervolume that is expected to be
    added, every other time to a front of ranks, which have no scale. With earlier
    studies, which have one loss, it maximises the improvement of the single loss that
    a caller gives in place of them.

    Args:
        space: What can be tried.
        seed: Fixes everything random, >= 0.
        initial_trials: How many trials, the defaults included, come before the model is
            asked; >= 1. None: 3, and without earlier studies as many more as the square
            root of the number of parameters.
        random_share: How many of the later trials are random, 0 to 1.
        cost_aware: Whether to maximise the improvement a second of training instead of
            the improvement a trial.
        prior_studies: Earlier studies, the newest first. Each counts for as much as it
            has predicted which of today's trials are better.

    Raises:
        ValueError: If an option is out of its range.

    Reference:
        Jones et al., 1998, Efficient Global Optimization of Expensive Black-Box
        Functions; the parts name theirs.
    """

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        *,
        initial_trials: int | None = None,
        random_share: float = 0.02,
        cost_aware: bool = False,
        prior_studies: Sequence[PriorStudy] = (),
    ) -> None:
        check_number("bayesian", "random_share", random_share, 0, 1)
        check_flag("bayesian", "cost_aware", cost_aware)
        if initial_trials is not None:
            check_integer("bayesian", "initial_trials", initial_trials, 1)
        self._space = space
        self._seed = seed
        self._random_share = random_share
        self._cost_aware = cost_aware
        self._encoding = Encoding(space)
        within = [study.within(space) for study in prior_studies]
        self._ensemble = Ensemble(self._encoding, within) if within else None
        self._num_initial = initial_trials or self._usual_initial()
        self._initial = LatinHypercube(
            self._num_initial, len(self._encoding.columns), seed
        )
        self._random = Random(space, seed)
        self._surrogate = Surrogate(separate(self._encoding))
        self._tried = Tried(space)
        self._rows: dict[tuple[tuple[str, Value], ...], Array] = {}

    def _usual_initial(self) -> int:
        if self._ensemble is not None and self._ensemble.is_useful:
            return _LEAST_INITIAL
        num_parameters = len(set(self._encoding.owner.tolist()))
        return _LEAST_INITIAL + int(np.ceil(np.sqrt(num_parameters)))

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns untried configurations; `Done` when none is left.

        Each is what a call for one would return when those before it run already.
        """
        return self._tried.one_by_one(history, count, self._next)

    def _next(self, trials: Sequence[Trial], tried: Container[str]) -> Action:
        generator = rng(self._seed, len(trials))
        values = None
        if not trials:
            values = self._space.defaults()
        elif _is_early(trials, self._num_initial):
            shares = self._initial.point(len(trials))
            values = self._encoding.values(self._encoding.sample(shares[None])[0])
        elif len(self._encoding.owner) and generator.random() >= self._random_share:
            values = self._promising(trials, tried, generator)
        if values is None or not self._is_new(values, tried):
            return self._random.propose(trials, 1)[0]
        return Suggest(values)

    def _is_new(self, values: Mapping[str, Value], tried: Container[str]) -> bool:
        return self._space.allows(values) and self._space.key(values) not in tried

    def _promising(
        self,
        trials: Sequence[Trial],
        tried: Container[str],
        generator: np.random.Generator,
    ) -> dict[str, Value] | None:
        codes = np.stack([self._codes(trial.values) for trial in trials])
        rows_tried = {row.tobytes() for row in codes}
        seen = self._observations(trials, codes)
        objectives = self._objectives(trials)
        wide = objectives is None and is_wide(len(trials), seen.losses)
        if objectives is not None:
            several = dataclasses.replace(seen, losses=front.order(objectives))
            by_rank = len(trials) % 2 == 1
            worth = front.worth(self._surrogate, several, objectives, by_rank=by_rank)
        else:
            worth = self._surrogate.worth(seen, wide=wide)
        if self._ensemble is not None:
            worth = self._ensemble.worth(seen, worth, generator)

        def untried(rows: Array) -> Array:
            known = np.fromiter((row.tobytes() in rows_tried for row in rows), bool)
            barred = known | ~self._allowed(rows)
            if rows is self._every:
                barred |= self._equal_to(tried)
            return np.where(barred, -np.inf, worth(self._encoding.features(rows)))

        if self._every is not None:
            values = untried(self._every)
            point, value = self._every[values.argmax()], values.max()
        else:
            ranked = _ranked(trials, generator if objectives is not None else None)
            ask = (self._encoding, codes[ranked], untried, generator)
            point, value = candidates.best(*ask, climb=not wide)
            for _ in range(_MAX_EQUAL if self._space.wirings else 0):
                if self._key_of(point) in tried:
                    rows_tried.add(point.tobytes())
                    point, value = candidates.best(*ask, climb=not wide)
        return None if value == -np.inf else self._encoding.values(point)

    def _allowed(self, rows: Array) -> npt.NDArray[np.bool_]:
        """Returns which codes fulfil the constraints; those listed all do."""
        if not self._space.constraints or self._every is not None:
            return np.ones(len(rows), bool)
        return self._encoding.allowed(rows)

    def _equal_to(self, tried: Container[str]) -> npt.NDArray[np.bool_]:
        """Returns which of all codes are one architecture with a tried one."""
        keys = self._every_key
        if not keys:
            return np.zeros(1, bool)
        return np.fromiter((key in tried for key in keys), bool, len(keys))

    def _key_of(self, row: Array) -> str:
        return self._space.key(self._encoding.values(row))

    @functools.cached_property
    def _every_key(self) -> Sequence[str]:
        if self._every is None or not self._space.wirings:
            return []
        return [*map(self._key_of, self._every)]

    def _observations(self, trials: Sequence[Trial], codes: Array) -> Observations:
        features = self._encoding.features(codes)
        known = [_is_informative(trial) for trial in trials]
        ended = [trial for trial, counts in zip(trials, known, strict=True) if counts]
        running = [trial.state is TrialState.PENDING for trial in trials]
        losses = [np.nan if trial.loss is None else trial.loss for trial in ended]
        seconds = [max(trial.duration_seconds, _LEAST_SECONDS) for trial in ended]
        return Observations(
            features[known],
            np.array(losses),
            features[running],
            np.array(seconds) if self._cost_aware else None,
        )

    def _objectives(self, trials: Sequence[Trial]) -> Array | None:
        """Returns the losses in each of several objectives; None: one loss counts.

        Shape `(n, num_objectives)`, in the order of the observations, without the
        objectives that are the same everywhere.
        """
        if self._ensemble is not None and self._ensemble.is_useful:
            return None
        ended = [trial for trial in trials if _is_informative(trial)]
        known = np.array([trial.losses for trial in ended if trial.loss is not None])
        varied = (known != known[:1]).any(axis=0)
        if varied.sum() < 2:
            return None
        failed = (np.nan,) * len(varied)
        return np.array([trial.losses or failed for trial in ended])[:, varied]

    def _codes(self, values: Mapping[str, Value]) -> Array:
        given = tuple(values.items())
        if given not in self._rows:
            self._rows[given] = self._encoding.codes(values)
        return self._rows[given]

    @functools.cached_property
    def _every(self) -> Array | None:
        """The codes of all configurations of a small space."""
        size = self._space.size()
        if size is None or size > _LISTED:
            return None
        every = map(self._encoding.codes, self._space.enumerate())
        return np.stack(list(every))


def _ranked(
    trials: Sequence[Trial], of_several: np.random.Generator | None
) -> list[int]:
    """Returns the indices of the trials with a score, the best first.

    Args:
        trials: In the order of their numbers.
        of_several: With several objectives: draws the order of those that none
            dominates.
    """
    known = [i for i, trial in enumerate(trials) if trial.loss is not None]
    by_loss = sorted(known, key=lambda i: (trials[i].loss, i))
    if of_several is None:
        return by_loss
    leads = non_dominated(np.array([trials[i].losses for i in by_loss]))
    lots = np.where(leads, of_several.random(len(leads)), 1.0)
    return [by_loss[place] for place in np.argsort(lots, kind="stable")]


def _is_early(trials: Sequence[Trial], num_initial: int) -> bool:
    """Returns whether too little is known for a model."""
    completed = sum(trial.loss is not None for trial in trials)
    running = sum(trial.state is TrialState.PENDING for trial in trials)
    return completed == 0 or completed + running < num_initial


def is_wide(num_trials: int, losses: Array) -> bool:
    """Returns whether the next proposal looks wider than around the best trial.

    One in `_WIDE_EVERY` does, and all but one where looking closer gains nothing.

    Args:
        num_trials: How many there are.
        losses: In the order of the trials, shape `(n,)`; at least one is a number.
    """
    place = num_trials % _WIDE_EVERY
    since_best = len(losses) - 1 - int(np.nanargmin(losses))
    return place != 1 if since_best >= _PATIENCE else place == 0


def _is_informative(trial: Trial) -> bool:
    """Returns whether the trial's end says something about its configuration."""
    if trial.error is not None and trial.error.is_infrastructure:
        return False
    return trial.state.is_final or trial.state is TrialState.PAUSED
