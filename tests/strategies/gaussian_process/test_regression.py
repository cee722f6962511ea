"""Fitting and predicting, against plain textbook formulas."""

from __future__ import annotations

import numpy as np
import pytest

from tuner_component.search_space import Choice, Float, SearchSpace
from tuner_component.search_space.encoding import Encoding
from tuner_component.strategies.gaussian_process.fit import (
    Kernel,
    fit,
    negative_log_likelihood,
)
from tuner_component.strategies.gaussian_process.kernel import (
    main_effects,
    matern,
    matern_slope,
    squared_distances,
)
from tuner_component.strategies.gaussian_process.posterior import Posterior
from tuner_component.strategies.gaussian_process.prior import separate, tied

RNG = np.random.default_rng(0)
FEATURES = RNG.random((12, 3))
TARGETS = np.sin(4 * FEATURES[:, 0]) + 0.1 * RNG.standard_normal(12)
ORDERED = np.array([True, False, True])
KERNEL = Kernel(np.array([2.0, 0.5, 0.1]), ORDERED, 1.3, 0.05, 0.4)


def covariance(left, right):
    """The kernel, entry by entry."""
    out = np.empty((len(left), len(right)))
    for i, x in enumerate(left):
        for j, y in enumerate(right):
            squares = KERNEL.weights * (x - y) ** 2
            r = np.sqrt(5 * np.sum(squares[ORDERED]))
            similar = (1 + r + r**2 / 3) * np.exp(-r)
            product = similar * np.exp(-np.sum(squares[~ORDERED]))
            out[i, j] = KERNEL.signal * product + KERNEL.effect * common(x, y)
    return out


def common(x, y):
    """What two configurations have of the main effects, feature by feature."""
    total = 2 * np.sum(x[~ORDERED] * y[~ORDERED])
    for a, b in zip(2 * x[ORDERED] - 1, 2 * y[ORDERED] - 1, strict=True):
        total += 3 / 2 * a * b + 5 / 8 * (3 * a**2 - 1) * (3 * b**2 - 1)
    return total


def test_the_slope_of_the_kernel_is_its_derivative():
    squared, step = np.array([1e-3, 0.1, 1.0, 30.0]), 1e-6
    numeric = (matern(squared + step) - matern(squared - step)) / (2 * step)
    assert matern_slope(squared) == pytest.approx(numeric, rel=1e-5)
    assert matern(np.zeros(1)) == 1.0


def test_squared_distances_are_never_negative():
    rows = np.full((3, 5), 1 / 3) * 1e4
    assert squared_distances(rows, rows).min() >= 0


def test_the_gradient_of_the_likelihood_is_its_derivative():
    def at(logs):
        weights, others = np.exp(logs[:3]), map(float, np.exp(logs[3:]))
        return negative_log_likelihood(
            FEATURES, TARGETS, Kernel(weights, ORDERED, *others)
        )

    logs, step = np.log([2.0, 0.5, 0.1, 1.3, 0.05, 0.4]), 1e-5
    for index, slope in enumerate(at(logs)[1]):
        shift = step * np.eye(6)[index]
        numeric = (at(logs + shift)[0] - at(logs - shift)[0]) / (2 * step)
        assert slope == pytest.approx(numeric, rel=1e-4, abs=1e-6)


def test_predictions_are_the_textbook_ones():
    places = RNG.random((5, 3))
    inverse = np.linalg.inv(covariance(FEATURES, FEATURES) + 0.050001 * np.eye(12))
    cross = covariance(places, FEATURES)
    mean = inverse.sum(1) @ TARGETS / inverse.sum()
    posterior = Posterior(KERNEL, FEATURES, TARGETS)
    means, stddevs = posterior.predict(places)
    assert means == pytest.approx(mean + cross @ inverse @ (TARGETS - mean))
    assert posterior.mean(places) == pytest.approx(means)
    variances = np.diag(covariance(places, places) - cross @ inverse @ cross.T)
    assert stddevs**2 == pytest.approx(variances)


def test_believing_leaves_the_mean_and_removes_doubt():
    places = RNG.random((4, 3))
    before = Posterior(KERNEL, FEATURES, TARGETS)
    after = before.believing(places[:2])
    assert after.mean(places) == pytest.approx(before.mean(places), abs=1e-6)
    assert (after.predict(places)[1] < before.predict(places)[1]).all()


def test_what_is_explained_is_measured_on_targets_left_out():
    predicted = [
        Posterior(KERNEL, np.delete(FEATURES, i, axis=0), np.delete(TARGETS, i)).mean(
            FEATURES[[i]]
        )[0]
        for i in range(len(TARGETS))
    ]
    errors = TARGETS - predicted
    expected = 1 - (errors**2).mean() / TARGETS.var()
    assert Posterior(KERNEL, FEATURES, TARGETS).explained() == pytest.approx(expected)


def test_the_fit_finds_which_parameters_matter():
    space = SearchSpace([Float("a", 0, 1), Float("b", 0, 1), Choice("c", tuple("xyz"))])
    encoding = Encoding(space)
    features = encoding.features(encoding.sample(RNG.random((60, 3))))
    targets = np.sin(6 * features[:, 0])
    targets = (targets - targets.mean()) / targets.std()
    kernel = fit(features, targets, separate(encoding))
    a, b, c, *others = kernel.weights
    assert a > 20 * b
    assert a > 20 * c
    assert others == [c, c], "the values of a choice share one weight"
    assert kernel.noise < 0.01


def test_a_straight_line_and_a_parabola_vary_alike_and_apart():
    """Over 0..1: the mean square of each is 1/2, that of their product is 0."""
    places = (np.arange(1000)[:, None] + 0.5) / 1000
    line, parabola = main_effects(places, np.array([True])).T
    assert np.mean(line**2) == pytest.approx(0.5, rel=1e-4)
    assert np.mean(parabola**2) == pytest.approx(0.5, rel=1e-4)
    assert np.mean(line * parabola) == pytest.approx(0, abs=1e-12)


def test_main_effects_tell_of_combinations_never_seen():
    """The best value of each choice was seen, their combination never."""
    space = SearchSpace([Choice(f"c{n}", tuple("vwxyz")) for n in range(6)])
    encoding = Encoding(space)
    codes = encoding.sample(RNG.random((40, 6)))
    codes = codes[(codes == 0).sum(1) <= 2]
    losses = (codes != 0).sum(1) + 0.0
    targets = (losses - losses.mean()) / losses.std()
    kernel = fit(encoding.features(codes), targets, separate(encoding))
    posterior = Posterior(kernel, encoding.features(codes), targets)
    best = posterior.mean(encoding.features(np.zeros((1, 6))))[0]
    assert best < targets.min() - 1


def test_noise_is_told_from_signal():
    encoding = Encoding(SearchSpace([Float("a", 0, 1)]))
    features = RNG.random((80, 1))
    noise = RNG.standard_normal(80)
    targets = np.sin(6 * features[:, 0]) + 0.5 * noise
    kernel = fit(features, targets / targets.std(), separate(encoding))
    assert 0.5 * 0.25 < kernel.noise * targets.var() < 2 * 0.25


def test_tied_weights_differ_between_kinds_only():
    space = SearchSpace([Float("a", 0, 1), Choice("c", tuple("xyz")), Float("b", 0, 1)])
    prior = tied(Encoding(space))
    assert prior.num_weights == 2
    assert prior.owner[0] == prior.owner[4]
    assert len(set(prior.owner[1:4])) == 1
    assert prior.owner[0] != prior.owner[1]
