"""Folds that cannot be cut, or that nobody trains."""

from __future__ import annotations

from tests.step.cases.step import changed_module, own, run
from tests.step.fixtures import MODULES, properties
from tuner_component import Search


def _folded(root, body):
    """Returns a module that asks for folds."""
    return changed_module(root, {}, f"\n\ndef cross_validation():\n    {body}\n")


def more_folds_than_examples(inputs, root):
    module = _folded(root, 'return {"cv": 61}')
    run(inputs, own(module=module), root)


def a_single_fold(inputs, root):
    run(inputs, own(module=_folded(root, 'return {"cv": 1}')), root)


def folds_that_are_not_returned(inputs, root):
    run(inputs, own(module=_folded(root, '{"cv": 3}')), root)


def folds_and_curve_stopping(inputs, root):
    module = _folded(root, 'return {"cv": 3}')
    run(inputs, own(Search(max_trials=2, curve_stopping=True), module=module), root)


def folds_of_a_tuner(inputs, root):
    module = root / "folded_tuner.py"
    text = (MODULES / "stock_tuners.py").read_text()
    module.write_text(f'{text}\n\ndef cross_validation():\n    return {{"cv": 3}}\n')
    run(inputs, properties(module), root)


CASES = {
    more_folds_than_examples: r"cv=61, but the train split has 60 examples; expected",
    a_single_fold: r"^cross_validation\(\) returned cv=1; expected .* at least 2",
    folds_that_are_not_returned: r"cross_validation\(\) returned None; expected a dict",
    folds_and_curve_stopping: r"curve_stopping=True\).*each trial train 3 models",
    folds_of_a_tuner: r"the tuner that tuner_fn returns trains.*beside build_model\(hp\)",
}
