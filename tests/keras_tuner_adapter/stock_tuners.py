"""User modules in small: `tuner_fn`s as TFX users write them."""

import collections

import keras
import keras_tuner
import numpy as np
import sklearn.linear_model
import sklearn.pipeline
from sklearn import metrics as sklearn_metrics

TunerFnResult = collections.namedtuple("TunerFnResult", ["tuner", "fit_kwargs"])
OBJECTIVE = keras_tuner.Objective("val_loss", "min")
CALLS = []


def load(name, **fn_args):
    """What an engine's settings name: returns `(tuner_fn, fn_args)`."""
    return TUNERS[name], fn_args


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 3)).astype("float32")
    return x, (x @ np.array([[1.0], [-2.0], [0.5]])).astype("float32")


def fit_kwargs(**more):
    x, y = data()
    return {"x": x, "y": y, "validation_data": (x, y), "verbose": 0, **more}


def build_model(hp):
    hidden = keras.layers.Dense(hp.Choice("units", [1, 2, 4]), activation="relu")
    dropout = keras.layers.Dropout(0.2)
    model = keras.Sequential([keras.Input((3,)), hidden, dropout])
    model.add(keras.layers.Dense(1))
    rate = hp.Choice("rate", [0.01, 0.1])
    # Eagerly, as tracing would be most of the time.
    sgd = keras.optimizers.SGD(rate)
    model.compile(sgd, "mse", metrics=["mae"], run_eagerly=True)
    return model


def random_search(fn_args):
    tuner = keras_tuner.RandomSearch(
        build_model, OBJECTIVE, max_trials=3, directory="elsewhere", overwrite=True
    )
    return TunerFnResult(tuner, fit_kwargs(epochs=2))


def grid_search(fn_args):
    tuner = keras_tuner.GridSearch(build_model, "val_mae", **fn_args)
    return tuner, fit_kwargs(epochs=1)


def bayesian(fn_args):
    tuner = keras_tuner.BayesianOptimization(
        build_model, OBJECTIVE, max_trials=4, num_initial_points=2, seed=0
    )
    return TunerFnResult(tuner, fit_kwargs(epochs=1))


def hyperband(fn_args):
    tuner = keras_tuner.Hyperband(build_model, OBJECTIVE, max_epochs=4, factor=2)
    return TunerFnResult(tuner, fit_kwargs())


def build_sklearn(hp):
    return sklearn.linear_model.Ridge(alpha=hp.Float("alpha", 1e-3, 10, sampling="log"))


def sklearn_tuner(fn_args):
    oracle = keras_tuner.oracles.RandomSearchOracle(
        keras_tuner.Objective("score", "max"), max_trials=3
    )
    tuner = keras_tuner.SklearnTuner(
        oracle, build_sklearn, metrics=[sklearn_metrics.mean_absolute_error]
    )
    x, y = data()
    return TunerFnResult(tuner, {"X": x, "y": y})


class FloatTuner(keras_tuner.engine.base_tuner.BaseTuner):
    def run_trial(self, trial, offset):
        x = trial.hyperparameters.Float("x", -1, 1)
        return (x - offset) ** 2


def float_tuner(fn_args):
    oracle = keras_tuner.oracles.RandomSearchOracle(None, max_trials=3)
    return TunerFnResult(FloatTuner(oracle), {"offset": 0.5})


class FirstFailsTuner(FloatTuner):
    def run_trial(self, trial, offset):
        if trial.hyperparameters.Float("x", -1, 1) == -1:
            raise ValueError("the defaults do not work")
        return super().run_trial(trial, offset)


def first_fails(fn_args):
    oracle = keras_tuner.oracles.RandomSearchOracle(None, max_trials=3, **fn_args)
    return TunerFnResult(FirstFailsTuner(oracle), {"offset": 0.5})


class ReportingTuner(keras_tuner.engine.base_tuner.BaseTuner):
    """The deprecated way: tells the oracle itself, step by step."""

    def run_trial(self, trial):
        x = trial.hyperparameters.Float("x", -1, 1)
        for step, value in enumerate([x + 3, x + 1, x + 2]):
            metrics = {"val_loss": value, "step": float(step)}
            self.oracle.update_trial(trial.trial_id, metrics, step=step)


def reporting_tuner(fn_args):
    oracle = keras_tuner.oracles.RandomSearchOracle(OBJECTIVE, max_trials=3)
    return TunerFnResult(ReportingTuner(oracle), {})


class HookedTuner(keras_tuner.RandomSearch):
    """Overrides everything that a user may, `search` included."""

    def search(self, *args, **kwargs):
        CALLS.append("search")
        super().search(*args, **kwargs)
        CALLS.append("never")

    def on_search_begin(self):
        CALLS.append("on_search_begin")

    def on_trial_begin(self, trial):
        CALLS.append("on_trial_begin")

    def on_epoch_end(self, trial, model, epoch, logs=None):
        CALLS.append(f"on_epoch_end {epoch}")

    def on_trial_end(self, trial):
        super().on_trial_end(trial)
        CALLS.append(f"on_trial_end {self.oracle.get_trial(trial.trial_id).status}")
        self.ended_score = self.oracle.get_trial(trial.trial_id).score
        CALLS.append(self.ended_score)


def hooked_tuner(fn_args):
    tuner = HookedTuner(build_model, OBJECTIVE, executions_per_trial=2)
    return TunerFnResult(tuner, fit_kwargs(epochs=2, callbacks=[Counter()]))


class Counter(keras.callbacks.Callback):
    """Fails if a copy is used for more than one execution."""

    count = 0

    def on_train_begin(self, logs=None):
        self.count += 1
        assert self.count == 1


class FitModel(keras_tuner.HyperModel):
    def build(self, hp):
        return build_model(hp)

    def fit(self, hp, model, *args, callbacks=(), **kwargs):
        batch_size = hp.Choice("batch_size", [5, 10])
        epochs = hp.Int("epochs", 1, 3)
        CALLS.append((batch_size, epochs))
        return model.fit(*args, batch_size=batch_size, epochs=epochs, **kwargs)


def fit_model(fn_args):
    tuner = keras_tuner.RandomSearch(FitModel(), OBJECTIVE, max_trials=3)
    return TunerFnResult(tuner, fit_kwargs())


def both_objectives(fn_args):
    objectives = ["val_loss", keras_tuner.Objective("val_mae", "min")]
    tuner = keras_tuner.RandomSearch(build_model, objectives, max_trials=2)
    return TunerFnResult(tuner, fit_kwargs(epochs=1))


def oversized(fn_args):
    tuner = keras_tuner.RandomSearch(build_model, OBJECTIVE, max_model_size=8)
    return TunerFnResult(tuner, fit_kwargs(epochs=1))


class FailingTuner(keras_tuner.RandomSearch):
    def run_trial(self, trial, error, **kwargs):
        if error == "failed":
            raise keras_tuner.errors.FailedTrialError("too slow")
        if error == "value":
            raise ValueError("no such layer")
        if error == "nothing":
            return None
        return {"val_mae": 1.0}


def failing(fn_args):
    return TunerFnResult(FailingTuner(build_model, OBJECTIVE), fn_args)


class SilentTuner(keras_tuner.RandomSearch):
    def search(self, *args, **kwargs):
        """Forgets to call super()."""


def silent(fn_args):
    return TunerFnResult(SilentTuner(build_model, OBJECTIVE), {})


def nested_callbacks(fn_args):
    callbacks = [[keras.callbacks.TerminateOnNaN()]]
    return random_search(fn_args).tuner, fit_kwargs(callbacks=callbacks)


def own_callback(fn_args):
    return random_search(fn_args).tuner, fit_kwargs(callbacks=[Counter()])


TUNERS = {
    name: function
    for name, function in list(globals().items())
    if getattr(function, "__module__", "") == __name__ and callable(function)
}
