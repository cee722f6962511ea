"""A graph that one process has made trains the models of another as `fit` does."""

from __future__ import annotations

import fcntl
import gc
import subprocess
import sys

import keras
import pytest
import tensorflow as tf
from tensorflow.python.eager import context

from tests.training.compared import curves, largest_difference
from tests.training.pairs import PAIRS, TOLERANCE, TOLERANCE_OF_BFLOAT16, make_model
from tuner_component.training import GRAPH_FOLDER, graph_files, one_thread, reuse

layers = keras.layers


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that processes share."""
    monkeypatch.setenv(GRAPH_FOLDER, str(tmp_path / "graphs"))
    reuse._known.clear()
    yield tmp_path / "graphs"
    reuse._known.clear()


@pytest.fixture
def become_another(monkeypatch):
    """A function after which nothing is known, as in another process, nor to be made."""

    def become():
        reuse._known.clear()
        monkeypatch.setattr(one_thread, "_traced", _refuse)

    return become


def _refuse(*_):
    raise AssertionError("The graph was made again.")


def _left(folder):
    return list(folder.glob("*/graph.json"))


def _assert_handed_on(name, folder, become_another):
    rounds = name == "bfloat16"
    tolerance = TOLERANCE_OF_BFLOAT16 if rounds else TOLERANCE
    first, second = PAIRS[name]
    _, (before, _) = curves(first)
    assert len(_left(folder)) == 2
    assert curves(first)[1][0] == before  # Its own process still has its own.
    become_another()
    (theirs, their_variables), (ours, our_variables) = curves(second)
    assert largest_difference(ours, before) > 50 * tolerance
    assert largest_difference(ours, theirs) <= tolerance
    for one, other in zip(our_variables, their_variables, strict=True):
        assert one == pytest.approx(other, abs=10 * tolerance)


def test_it_trains_another_process_model_as_fit_does(folder, become_another):
    _assert_handed_on("rates", folder, become_another)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adamw", "bfloat16", "rmsprop", "schedule"])
def test_it_trains_other_models_as_fit_does(name, folder, become_another):
    _assert_handed_on(name, folder, become_another)


def _with_convolutions():
    inputs = layers.Input((6,), name="x")
    hidden = layers.Conv1D(4, 3)(layers.Reshape((6, 1))(inputs))
    outputs = layers.Dense(3, "softmax")(layers.Flatten()(hidden))
    model = keras.Model({"x": inputs}, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_graphs_for_several_threads_are_left_too(folder, become_another):
    _, (before, _) = curves(_with_convolutions)
    assert len(_left(folder)) == 2
    become_another()
    (theirs, _), (ours, _) = curves(_with_convolutions)
    assert ours == before
    assert largest_difference(ours, theirs) <= TOLERANCE


def test_later_trials_of_the_other_process_share_it(folder, become_another):
    first, second = PAIRS["rates"]
    curves(first)
    become_another()
    curves(first)
    (theirs, _), (ours, _) = curves(second)
    assert len(reuse._known) == 1
    assert largest_difference(ours, theirs) <= TOLERANCE


def test_what_is_not_needed_any_more_is_forgotten(folder, become_another):
    first, _ = PAIRS["rates"]
    curves(first)
    become_another()
    curves(first)
    prefixes = [f"{file.parent.name}_" for file in _left(folder)]

    def num_known():
        known = context.context().list_function_names()
        return sum(any(prefix in str(name) for prefix in prefixes) for name in known)

    assert num_known() >= 4
    reuse._known.clear()
    gc.collect()
    assert num_known() == 0


def test_a_loss_of_the_user_s_own_is_known_in_its_process_only(folder):
    def loss(y_true, y_pred):
        return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)

    curves(lambda: make_model(lambda: "adam", loss=loss))
    assert len(reuse._known) == 1
    assert not _left(folder)


def _counting(variable):
    @tf.function(input_signature=[])
    def count():
        return {"count": tf.while_loop(_is_small, _next, (variable.read_value(),))[0]}

    return count.get_concrete_function()


def _is_small(number):
    return number < 10


def _next(number):
    return (number + 1,)


def test_what_takes_in_more_than_processes_share_is_not_left(tmp_path):
    variable = tf.Variable(3)
    for resources, number in (({}, 0), ({"v": variable.handle}, 1)):
        file = graph_files.GraphFile(tmp_path, "key", resources)
        graph, _ = file.found_or_made(lambda: _counting(variable), lambda _: True)
        assert int(graph()["count"]) == 10
        assert len(_left(tmp_path)) == number


def test_the_maker_keeps_its_own(tmp_path):
    variable = tf.Variable(3)
    made = _counting(variable)
    name = made.function_def.signature.name
    resources = {"v": variable.handle}
    file = graph_files.GraphFile(tmp_path, "key", resources)
    assert file.found_or_made(lambda: made, lambda _: True) == (made, True)
    assert made.function_def.signature.name == name
    other, _ = file.found_or_made(_refuse, lambda _: True)
    assert int(other()["count"]) == 10
    variable.assign(20)
    assert int(other()["count"]) == 20


def test_only_so_many_are_left(folder, monkeypatch):
    monkeypatch.setattr(graph_files, "_MOST_GRAPHS", 1)
    curves(PAIRS["rates"][0])
    assert len(_left(folder)) == 1


def test_a_full_disk_costs_nothing_but_the_graph(folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(graph_files.Path, "write_bytes", full)
    (theirs, _), (ours, _) = curves(PAIRS["rates"][0])
    assert largest_difference(ours, theirs) <= TOLERANCE
    assert len(reuse._known) == 1
    assert not [file for file in folder.iterdir() if file.suffix != ".lock"]


def test_without_a_folder_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.delenv(GRAPH_FOLDER, raising=False)
    assert graph_files.graph_file(("key",), {}) is None


_MAKES = """
import os, signal, sys
from pathlib import Path
from tuner_component.training.graph_files import GraphFile

def make():
    print("making", flush=True)
    {then}
    return "theirs"

GraphFile(Path(sys.argv[1]), "key", {{}}).found_or_made(make, lambda _: False)
"""


def _another_process(folder, then):
    """Starts one that makes a graph, and then does something."""
    return subprocess.Popen(
        [sys.executable, "-c", _MAKES.format(then=then), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_process_that_dies_leaves_its_turn(tmp_path):
    with _another_process(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)") as other:
        assert other.stdout.read() == "making\n"
    assert other.returncode == -9
    file = graph_files.GraphFile(tmp_path, "key", {})
    assert file.found_or_made(lambda: "made", lambda _: False) == ("made", False)


def test_two_processes_do_not_make_one_graph_at_once(tmp_path):
    with _another_process(tmp_path, "sys.stdin.readline()") as other:
        assert other.stdout.readline() == "making\n"
        with pytest.raises(BlockingIOError):
            _lock_at_once(tmp_path)
        other.communicate("\n")
    _lock_at_once(tmp_path)


def _lock_at_once(folder):
    (file,) = folder.glob("*.lock")
    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
