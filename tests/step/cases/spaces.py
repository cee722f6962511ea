"""Modules without a model, and spaces that cannot be searched."""

from __future__ import annotations

from tests.step.cases.step import changed_module, own, run
from tuner_component import Search


def module_without_the_function(inputs, root):
    module = root / "no_function.py"
    module.write_text("def build_modle(hp):\n    return None\n")
    run(inputs, own(module=module), root)


def empty_space(inputs, root):
    fixed = {"hp.Choice(": "_first(", 'hp.Int("num_layers", 1, 2)': "1"}
    first = "\ndef _first(name, values):\n    return values[0]\n"
    module = changed_module(root, fixed, first)
    run(inputs, own(Search(max_trials=2), module=module), root)


def contradictory_space(inputs, root):
    scope = (
        '    with hp.conditional_scope("batch_size", [7]):\n        hp.Boolean("x")\n'
    )
    end = "    return model\n"
    module = changed_module(root, {end: scope + end})
    run(inputs, own(Search(max_trials=2), module=module), root)


def contradictory_constraints(inputs, root):
    constraints = ["num_layers < 2", "num_layers > 1"]
    run(inputs, own(Search(max_trials=2, constraints=constraints)), root)


def endless_search(inputs, root):
    finite, endless = (
        'hp.Choice("learning_rate", [0.1, 0.01])',
        'hp.Float("rate", 0.1, 1.0)',
    )
    module = changed_module(root, {finite: endless})
    run(inputs, own(Search(objective="val_loss"), module=module), root)


CASES = {
    module_without_the_function: r"neither tuner_fn.*Did you mean 'build_modle'",
    empty_space: r"(?i)no hyperparameter|empty|nothing to search",
    contradictory_space: r"'x'.*'batch_size'.*7",
    contradictory_constraints: r"no configuration fulfils them all.*'num_layers ",
    endless_search: r"never ends by itself.*max_trials",
}
