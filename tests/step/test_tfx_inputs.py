"""What a worker loads of the user's module."""

from __future__ import annotations

import dataclasses

import pytest

from tests.step import fixtures as step_fixtures
from tuner_component.errors import PreflightError
from tuner_component.step import tfx_inputs
from tuner_component.step.user_module import UserModule

_BUILD = "def build_model(hp):\n    return hp\n"


@pytest.fixture
def load(tmp_path):
    inputs = step_fixtures.write_inputs(tmp_path)

    def load(name, text):
        (tmp_path / f"{name}.py").write_text(_BUILD + text)
        module = dataclasses.asdict(UserModule(name, str(tmp_path)))
        given = step_fixtures.properties(f"{tmp_path}/{name}.py")
        described = tfx_inputs.describe(inputs, given, str(tmp_path))
        return tfx_inputs.load_model_code(module, described, "species", {}, 0)

    return load


def test_a_keras_module_may_have_a_cross_validation_of_its_own(load):
    code = load("ti_keras", "def cross_validation(model, data):\n    pass\n")
    assert code.build_model(3) == 3
    with pytest.raises(PreflightError, match=r"takes \['data', 'model'\]; expected no"):
        code.cross_validation()


def test_cross_validation_gets_fn_args(load):
    text = "def cross_validation(fn_args):\n    return {'cv': fn_args.train_files}\n"
    code = load("ti_sklearn", text)
    assert code.cross_validation() == {"cv": code.fn_args.train_files}


def test_without_one_there_is_nothing_to_say(load):
    assert load("ti_none", "").cross_validation() == {}


def test_only_a_cross_validation_of_ours_asks_for_folds(load):
    name = "def cross_validation"
    assert load("ti_asks", f"{name}():\n    return {{}}\n").asks_for_folds
    assert not load("ti_own", f"{name}(model):\n    pass\n").asks_for_folds
    assert not load("ti_without", "").asks_for_folds


def test_a_cross_validation_must_return_something(load):
    code = load("ti_nothing", "def cross_validation():\n    {'cv': 3}\n")
    with pytest.raises(PreflightError, match="returned None; expected a dict"):
        code.cross_validation()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fit_args = {'verbose': 0}\n", r"fit_args .* is a dict; expected a function"),
        ("def fit_args():\n    pass\n", r"fit_args\(\) cannot .*: too many positional"),
        ("def fit_args(fn_args):\n    pass\n", r"fit_args\(fn_args\) cannot.*multiple"),
        ("def build_model(hp, width):\n    pass\n", r"missing a.*'width'.*\(hp, fn_a"),
    ],
)
def test_a_function_that_cannot_be_called_says_how_to_write_it(load, text, message):
    with pytest.raises(PreflightError, match=message):
        load("ti_wrong", text)


def test_functions_may_take_fn_args_and_what_has_a_default(load):
    text = "def fit_args(hp, width=3, *, fn_args):\n    return hp, width, fn_args\n"
    code = load("ti_given", text)
    assert code.fit_args("hp") == ("hp", 3, code.fn_args)
