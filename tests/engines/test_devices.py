from __future__ import annotations

import logging
import os
import stat

import pytest

from tuner_component.engines import devices
from tuner_component.engines.placement import worker_environments

_MIG = """GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6)
  MIG 3g.20gb     Device  0: (UUID: MIG-c7384736)
  MIG 3g.20gb     Device  1: (UUID: MIG-a28ad590)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa)
"""


@pytest.mark.parametrize(
    ("chosen", "masks"),
    [
        ("", ()),
        ("-1", ()),
        ("NoDevFiles", ("NoDevFiles",)),
        ("2", ("2",)),
        (" 1, 0 ", ("1", "0")),
        ("0,-1,1", ("0",)),
        ("GPU-aa,MIG-GPU-bb/1/0", ("GPU-aa", "MIG-GPU-bb/1/0")),
    ],
)
def test_the_users_choice_of_gpus_stands(chosen, masks):
    assert devices.device_masks({"CUDA_VISIBLE_DEVICES": chosen}) == masks


@pytest.mark.parametrize(
    ("listing", "masks"),
    [
        ("", ()),
        ("No devices found.\n", ()),
        ("GPU 0: NVIDIA H200 (UUID: GPU-1)\nGPU 1: X (UUID: GPU-2)\n", ("0", "1")),
        (_MIG, ("MIG-c7384736", "MIG-a28ad590", "1")),
    ],
)
def test_a_listing_gives_one_mask_a_device(listing, masks):
    assert devices.parse_listing(listing) == masks


def test_installed_gpus_are_asked_for(tmp_path, monkeypatch):
    binary = tmp_path / "nvidia-smi"
    binary.write_text("#!/bin/sh\necho 'GPU 0: A (UUID: GPU-1)'\n")
    binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert devices.device_masks({}) == ("0",)
    binary.write_text("#!/bin/sh\nexit 9\n")
    assert devices.device_masks({}) == ()


def test_gpus_decide_the_parallelism(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(11))))
    assert devices.default_parallelism() == 11


@pytest.mark.parametrize(
    ("cores", "free_gib", "trials"), [(4, 64, 4), (64, 640, 8), (16, 7, 3), (4, 1, 1)]
)
def test_cores_and_memory_decide_without_gpus(monkeypatch, cores, free_gib, trials):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    files = {"/proc/meminfo": f"MemAvailable:  {free_gib * 1024**2} kB"}
    monkeypatch.setattr(devices, "_read", lambda file: files.get(str(file), ""))
    assert devices.default_parallelism() == trials


@pytest.mark.parametrize(
    ("files", "trials"),
    [
        ({"cpu.max": "250000 100000"}, 2),
        ({"cpu.max": "max 100000"}, 6),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 6),
        ({"memory.max": str(6 * 1024**3)}, 3),
        ({"memory/memory.limit_in_bytes": str(4 * 1024**3)}, 2),
    ],
)
def test_a_containers_limits_count(monkeypatch, files, trials):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)))
    found = {f"/sys/fs/cgroup/{name}": text for name, text in files.items()}
    found["/proc/meminfo"] = f"MemAvailable: {64 * 1024**2} kB"
    monkeypatch.setattr(devices, "_read", lambda file: found.get(str(file), ""))
    assert devices.default_parallelism() == trials


def test_more_workers_than_gpus_share_and_say_so(caplog):
    with caplog.at_level(logging.WARNING):
        found = worker_environments(3, {"CUDA_VISIBLE_DEVICES": "7,9"})
    assert [own["CUDA_VISIBLE_DEVICES"] for own in found] == ["7", "9", "7"]
    assert {own["TF_FORCE_GPU_ALLOW_GROWTH"] for own in found} == {"true"}
    assert "3 workers share 2 GPU(s)" in caplog.text


def test_a_worker_takes_gpu_memory_as_it_needs_it():
    alone = worker_environments(1, {"CUDA_VISIBLE_DEVICES": "0"})[0]
    assert alone["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    chosen = {"CUDA_VISIBLE_DEVICES": "0", "TF_FORCE_GPU_ALLOW_GROWTH": "false"}
    assert worker_environments(1, chosen)[0]["TF_FORCE_GPU_ALLOW_GROWTH"] == "false"


@pytest.mark.parametrize(("cores", "threads"), [(1, "1"), (2, "1"), (3, "1"), (8, "4")])
def test_workers_share_the_cores_unless_threads_are_chosen(monkeypatch, cores, threads):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr(devices, "_read", lambda file: "")
    none = {"CUDA_VISIBLE_DEVICES": ""}
    several = worker_environments(2, {**none, "OMP_NUM_THREADS": "3"})
    assert [own["OMP_NUM_THREADS"] for own in several] == ["3", "3"]
    assert [own["TF_NUM_INTRAOP_THREADS"] for own in several] == [threads] * 2
    assert worker_environments(1, none)[0]["TF_NUM_INTRAOP_THREADS"] is None
    assert "CUDA_VISIBLE_DEVICES" not in several[0]
