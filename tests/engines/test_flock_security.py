"""What a flock must not do: listen, unpickle, or leave its folder."""

from __future__ import annotations

import ast
import os
import pickle
import socket
import stat
from pathlib import Path

import pytest

from tests.contracts.engine_contract import make_job, wait_for
from tests.engines.flock_evaluators import WAITING, processes_in, release
from tests.engines.flocks import STEADY, end, join, make_flock, start_worker
from tests.engines.runners.listening import foreign_listeners, listeners
from tests.engines.sessions import family
from tuner_component.engines.base import Measured
from tuner_component.engines.flock import layout, messages
from tuner_component.engines.flock.layout import Term
from tuner_component.errors import EngineError
from tuner_component.evaluation import Job, Outcome

ENGINES = Path(messages.__file__).parents[1]
PACKAGE = ENGINES.parent
# `multiprocessing.Connection.send` and `recv` pickle; `send_bytes` does not.
PICKLING = {"pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
RECEIVING = {"connection.recv", "self.connection.recv", "channel.connection.recv"}
HOSTILE = [
    "../evil",
    "/tmp/evil",
    "a/../../evil",
    "..",
    ".",
    "",
    "a\0b",
    "a\nb",
    "x" * 65,
    "C:\\evil",
    "gs://evil",
    "é",
]


def _pickling(path):
    """Returns what of a file could read a pickle."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            names.append(getattr(node, "module", None) or "")
            if PICKLING & {name.split(".")[0] for name in names}:
                yield f"{path.name}:{node.lineno} imports {names}"
        if isinstance(node, ast.Attribute) and ast.unparse(node) in RECEIVING:
            yield f"{path.name}:{node.lineno} {ast.unparse(node)}"
        allowed = isinstance(node, ast.keyword) and node.arg == "allow_pickle"
        if allowed and ast.unparse(node.value) != "False":
            yield f"{path.name}:{node.value.lineno} allow_pickle"


def test_no_file_of_the_engines_can_read_a_pickle():
    folders = (ENGINES, PACKAGE / "journal")
    files = [file for folder in folders for file in folder.rglob("*.py")]
    files += [PACKAGE / f"{name}.py" for name in (
        "worker", "gfile_store", "outcome_file", "records", "model_state",
        "keras_trials/training_state",
    )]  # fmt: skip
    assert len(files) > 20
    assert [found for path in files for found in _pickling(path)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "connection.recv()",
        "f(allow_pickle=True)",
    ],
)
def test_the_search_for_pickles_finds_them(tmp_path, source):
    (tmp_path / "bad.py").write_text(source)
    assert len(list(_pickling(tmp_path / "bad.py"))) == 1


class _Opened:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self._folder = folder

    def __reduce__(self):
        return os.mkdir, (self._folder,)


@pytest.mark.parametrize(
    "read", [messages.read_setup, messages.read_job, messages.read_notes]
)
def test_a_pickle_in_the_place_of_a_message_is_refused(tmp_path, read):
    evil = pickle.dumps(_Opened(str(tmp_path / "evil")))
    with pytest.raises(EngineError):
        read(evil)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_job_with_a_hostile_name_is_taken_by_nobody(tmp_path, name):
    job = Job(name, {}, 0, 0, str(tmp_path), "loss", "min")
    with pytest.raises(EngineError, match="expected 1 to 64"):
        messages.read_job(messages.write_job(job))
    flock = make_flock(tmp_path / "root", 1)
    try:
        with pytest.raises(EngineError, match="expected 1 to 64"):
            flock.submit(job)
    finally:
        flock.close()


def test_hostile_hyperparameters_are_data_and_no_paths(tmp_path):
    values = {name: name for name in HOSTILE}
    job = Job("t0", values, 0, 0, str(tmp_path), "loss", "min")
    assert messages.read_job(messages.write_job(job)).values == values


@pytest.mark.parametrize(
    "names",
    [
        ["../../x.beat-000000001", "a/../b.00000000.beat-000000001"],
        ["w0.00000000.000000000-00000000.mail-000000000/../x"],
        ["w\0.00000000.beat-000000001", "w.00000000.beat-1", "passwd"],
    ],
)
def test_names_on_the_storage_that_are_not_ours_are_passed_over(names):
    signs = layout.read_signs(names, Term(0, "00000000"))
    assert (signs.beats, signs.mails, signs.outdated) == ({}, {}, [])
    assert layout.read_lead(names) is None


def test_nothing_listens_while_a_flock_searches_and_rights_are_those_of_the_step(
    tmp_path,
):
    flock = make_flock(tmp_path / "root", 1, STEADY, evaluator=WAITING)
    worker = start_worker(tmp_path / "root", "w0")
    try:
        job = make_job(tmp_path)
        flock.submit(job)
        wait_for(flock, Measured)
        (process,) = processes_in(tmp_path / "t0", "begun")
        members = family(os.getpid())
        assert members >= {worker.pid, process}
        assert foreign_listeners(members) == []
        assert {rights(member) for member in members} == {rights(os.getpid())}
        release(job)
        wait_for(flock, Outcome)
    finally:
        flock.close()
        if worker.poll() is None:
            join(worker)
        end(worker)
    files = [path for path in (tmp_path / "root").rglob("*") if path.is_file()]
    assert files
    assert not any(path.stat().st_mode & stat.S_IXUSR for path in files)


def test_a_worker_and_its_trial_listen_on_no_port(flocks, workers, tmp_path):
    flock = flocks(num_slots=1, evaluator=WAITING)
    worker = workers("w0")
    flock.submit(make_job(tmp_path))
    wait_for(flock, Measured)
    (trial,) = processes_in(tmp_path / "t0", "begun")
    with socket.create_server(("127.0.0.1", 0)):
        assert listeners([os.getpid()])
    assert listeners([worker.pid, trial]) == []


def rights(process: int) -> tuple[str, ...]:
    """Returns the users, groups and capabilities of a process."""
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return tuple(
        line for line in status if line.startswith(("Uid", "Gid", "Groups", "Cap"))
    )


def test_the_search_for_listeners_finds_them():
    with socket.socket() as server:
        assert foreign_listeners([os.getpid()]) == []
        server.bind(("0.0.0.0", 0))
        server.listen()
        assert len(foreign_listeners([os.getpid()])) == 1
