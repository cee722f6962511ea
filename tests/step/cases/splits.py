"""Splits that the examples lack, or that are not for tests."""

from __future__ import annotations

from pathlib import Path

from tests.step.cases.step import copied, own, run
from tuner_component import Search


def missing_split(inputs, root):
    from tfx.proto import trainer_pb2
    from tfx.utils import proto_utils

    args = proto_utils.proto_to_json(trainer_pb2.EvalArgs(splits=["evl"]))
    run(inputs, own(eval_args=args), root)


def empty_split(inputs, root):
    copy = copied(inputs, root)
    for file in (Path(copy["examples"][0].uri) / "Split-eval").iterdir():
        file.unlink()
    run(copy, own(), root)


def unknown_test_split(inputs, root):
    search = Search(max_trials=9, repeats=2, test_split="tset")
    run(inputs, own(search), root)


def evaluated_test_split(inputs, root):
    search = Search(max_trials=9, repeats=2, test_split="eval")
    run(inputs, own(search), root)


def single_runs_and_a_test_split(inputs, root):
    run(inputs, own(Search(max_trials=9, test_split="test")), root)


CASES = {
    missing_split: r"no split 'evl'.*Did you mean 'eval'",
    empty_split: r"'eval' to eval on has no file",
    unknown_test_split: r"no split 'tset' to test on; .*Set Search\(test_split=",
    evaluated_test_split: r"test_split='eval'\).*that no trial has seen",
    single_runs_and_a_test_split: r"test_split='test'\) is given without repeats",
}
