import types

import keras_tuner
import pytest
from keras_tuner.engine import base_tuner

from tuner_component.errors import PreflightError
from tuner_component.keras_tuner_adapter.owned_tuner import call_tuner_fn

BUILT = []


def build_model(hp):
    BUILT.append(hp.Choice("units", [1, 2]))
    return object()


class Declaring(keras_tuner.HyperModel):
    def declare_hyperparameters(self, hp):
        hp.Choice("declared", [1, 2])

    def build(self, hp):
        return build_model(hp)


class Populating(keras_tuner.RandomSearch):
    def _populate_initial_space(self):
        BUILT.append("its own way")


def tuner_fn(fn_args):
    arguments = {"objective": "val_loss", "hypermodel": build_model, **fn_args}
    kind = arguments.pop("kind", keras_tuner.RandomSearch)
    return kind(**arguments), {"epochs": 1}


def owned(folder, *, explore=False, study_seed=0, **fn_args):
    return call_tuner_fn(
        tuner_fn, fn_args, str(folder), explore=explore, seed=study_seed
    )


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    BUILT.clear()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("overwrite", [True, False])
def test_existing_projects_are_neither_deleted_nor_read(overwrite, tmp_path, capsys):
    places = [tmp_path / "ours", tmp_path / "theirs"]
    for place in places:
        (place / "project").mkdir(parents=True)
        (place / "project" / "tuner0.json").write_text("stale")
    tuner = owned(
        tmp_path / "ours",
        directory=str(tmp_path / "theirs"),
        project_name="project",
        overwrite=overwrite,
    ).tuner
    assert tuner.project_dir == str(tmp_path / "ours" / "project")
    assert [(p / "project" / "tuner0.json").read_text() for p in places] == [
        "stale",
        "stale",
    ]
    assert capsys.readouterr().out == ""


def test_a_worker_does_not_build_models_to_find_the_space(tmp_path):
    tuner = owned(tmp_path, hypermodel=Declaring()).tuner
    assert BUILT == []
    assert [hp.name for hp in tuner.oracle.get_space().space] == ["declared"]


def test_the_driver_explores_the_space(tmp_path):
    tuner = owned(tmp_path, explore=True).tuner
    assert BUILT
    assert [hp.name for hp in tuner.oracle.get_space().space] == ["units"]


def test_a_tuner_that_finds_its_space_in_its_own_way_still_does(tmp_path):
    owned(tmp_path, kind=Populating)
    assert BUILT == ["its own way"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, 17), ({"seed": None}, 17), ({"seed": 0}, 0), ({"seed": 3}, 3)],
)
def test_a_missing_seed_is_the_studys_and_0_is_a_seed(given, expected, tmp_path):
    kind = keras_tuner.BayesianOptimization
    oracle = owned(tmp_path, study_seed=17, kind=kind, **given).tuner.oracle
    assert (oracle.seed, oracle._seed_state) == (expected, expected)
    assert oracle.gpr.random_state == expected


def test_a_tuner_made_beforehand_moves_into_the_folder(tmp_path):
    made, _ = tuner_fn({"directory": str(tmp_path / "theirs")})
    tuner = call_tuner_fn(
        lambda _: (made, None), None, str(tmp_path / "ours"), explore=False
    ).tuner
    assert tuner.project_dir.startswith(str(tmp_path / "ours"))


def test_constructors_are_restored_even_when_the_users_code_raises(tmp_path):
    before = base_tuner.BaseTuner.__init__, keras_tuner.Oracle.__init__

    def raising(_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        call_tuner_fn(raising, None, str(tmp_path), explore=False)
    assert (base_tuner.BaseTuner.__init__, keras_tuner.Oracle.__init__) == before
    tuner = owned(tmp_path).tuner
    assert "_get_tuner_fname" not in vars(tuner)
    assert "_populate_initial_space" not in vars(tuner)


def test_results_of_any_form_are_taken(tmp_path):
    made, fit_kwargs = tuner_fn({})
    for result in (
        (made, fit_kwargs),
        types.SimpleNamespace(tuner=made, fit_kwargs=fit_kwargs),
    ):
        taken = call_tuner_fn(lambda _, r=result: r, None, str(tmp_path), explore=False)
        assert taken == (made, fit_kwargs)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda tuner: None, "returned None of type NoneType.*`return` missing"),
        (lambda tuner: tuner, "RandomSearch; expected TunerFnResult"),
        (lambda tuner: ("tuner", {}), "returned the tuner 'tuner' of type str"),
        (lambda tuner: (tuner, [1]), r"fit_kwargs=\[1\] of type list"),
    ],
)
def test_anything_else_is_explained(make, message, tmp_path):
    made, _ = tuner_fn({})
    with pytest.raises(PreflightError, match=message):
        call_tuner_fn(lambda _: make(made), None, str(tmp_path), explore=False)
