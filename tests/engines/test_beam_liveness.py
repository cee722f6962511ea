"""Claims, beats and listening of Beam workers, without Beam's pipelines."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys

import grpc
import pytest

from tests.engines.runners.listening import foreign_listeners
from tuner_component.engines.beam.beats import Beats, StuckWorkers
from tuner_component.engines.beam.claims import Claims
from tuner_component.engines.beam.loopback import on_loopback

_WORKER = """
import sys
from pathlib import Path
from tuner_component.engines.beam.beats import Beats

Beats(Path(sys.argv[1])).begin("pipeline")
sys.stdout.write("ready")
sys.stdout.flush()
sys.stdin.read()
"""


@pytest.fixture
def worker(tmp_path):
    command = [sys.executable, "-c", _WORKER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, **pipes)
    assert process.stdout.read(5) == b"ready"
    yield process
    process.kill()
    process.communicate()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_paused_worker_is_ended_and_one_at_work_is_not(tmp_path, worker):
    clock = Clock()
    stuck = StuckWorkers(tmp_path, "pipeline", clock)
    assert stuck.end() == []
    (beat,) = (tmp_path / "pipeline" / "workers").iterdir()
    os.utime(beat, (1.0, 1.0))
    clock.now += 31.0
    assert stuck.end() == []
    worker.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, worker.pid, os.WSTOPPED | os.WNOWAIT)
    assert stuck.end() == []
    clock.now += 31.0
    assert stuck.end() == [worker.pid]
    assert worker.wait() == -signal.SIGKILL
    assert stuck.end() == []


def test_a_driver_never_ends_itself(tmp_path):
    clock = Clock()
    stuck = StuckWorkers(tmp_path, "pipeline", clock)
    Beats(tmp_path).begin("pipeline")
    stuck.end()
    clock.now += 31.0
    assert stuck.end() == []


def test_a_file_that_names_another_process_ends_nobody(tmp_path, worker):
    clock = Clock()
    folder = tmp_path / "other" / "workers"
    folder.mkdir(parents=True)
    (folder / "a").write_text(f'{{"pid": {worker.pid}, "process": ["elsewhere"]}}')
    (folder / "b").write_text('{"pid": "../..", "process": null}')
    (folder / "c").write_text("[")
    stuck = StuckWorkers(tmp_path, "other", clock)
    stuck.end()
    clock.now += 31.0
    assert stuck.end() == []
    assert worker.poll() is None


def test_a_claim_that_fails_after_it_was_made_is_still_the_callers(
    tmp_path, monkeypatch
):
    link = os.link
    failures = []

    def fail_afterwards(source, target):
        link(source, target)
        if len(failures) < 3:
            failures.append(target)
            raise OSError(errno.EIO, "failed today")

    monkeypatch.setattr(os, "link", fail_afterwards)
    monkeypatch.setattr("tuner_component.engines.beam.claims._PAUSE_SECONDS", 0.0)
    assert Claims(tmp_path).take("pipeline/00000", "0000")
    assert len(failures) == 1
    assert not Claims(tmp_path).take("pipeline/00000", "0000")


def test_a_file_system_without_links_has_claims_too(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.ENOTSUP, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    taken = [Claims(tmp_path).take("pipeline/00000", "0000") for _ in range(3)]
    assert taken == [True, False, False]
    assert [path.name for path in (tmp_path / "pipeline/00000.taken").iterdir()] == [
        "0000"
    ]


def test_beam_servers_for_this_machine_listen_on_loopback():
    from apache_beam.runners.worker import worker_pool_main

    start = worker_pool_main.BeamFnExternalWorkerPoolServicer.start
    here = [os.getpid()]
    before = foreign_listeners(here)
    with on_loopback():
        address, server = start()
        try:
            with grpc.insecure_channel(address) as channel:
                grpc.channel_ready_future(channel).result(30)
            assert foreign_listeners(here) == before
        finally:
            server.stop(None)
    assert worker_pool_main.grpc is grpc
    _, server = start()
    assert len(foreign_listeners(here)) > len(before)
    server.stop(None)


def test_a_job_server_that_is_not_there_is_named(monkeypatch):
    from tuner_component.engines.beam import pipeline

    monkeypatch.setattr(pipeline, "_ANSWER_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        endpoint = f"127.0.0.1:{closed.getsockname()[1]}"
    submit = pipeline.submitter(
        ["--runner=PortableRunner", f"--job_endpoint={endpoint}"]
    )
    with pytest.raises(ConnectionError, match=f"--job_endpoint={endpoint} does not"):
        submit(None, None, 1)
