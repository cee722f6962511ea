"""What this machine has to run trials on: GPUs, cores, memory."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

VISIBLE_DEVICES = "CUDA_VISIBLE_DEVICES"
_BYTES_PER_TRIAL = 2 * 1024**3
_MOST_TRIALS = 8
_CGROUPS = Path("/sys/fs/cgroup")


def device_masks(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Returns what `CUDA_VISIBLE_DEVICES` must be to see one device each.

    Args:
        environment: Its own `CUDA_VISIBLE_DEVICES`, if it has one, limits the
            choice; indices, UUIDs and MIG names are kept as they are.

    Returns:
        One mask for each device; empty where there is no GPU to be used.
    """
    chosen = environment.get(VISIBLE_DEVICES)
    if chosen is None:
        return _installed_devices()
    masks: list[str] = []
    for mask in (part.strip() for part in chosen.split(",")):
        if not mask or mask.startswith("-"):
            break  # as CUDA does: what follows an invalid entry is invisible
        masks.append(mask)
    return tuple(masks)


def default_parallelism() -> int:
    """Returns how many trials this machine has room for at once, at least 1.

    One for each GPU; without GPUs, one for each core that this process may use, if
    there are 2 GiB of free memory for each, and at most 8.
    """
    masks = device_masks(os.environ)
    if masks:
        return len(masks)
    by_memory = _available_bytes() // _BYTES_PER_TRIAL
    return int(max(1, min(usable_cores(), by_memory, _MOST_TRIALS)))


def _installed_devices() -> tuple[str, ...]:
    if shutil.which("nvidia-smi") is None:
        return ()
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        listing = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30, check=True
        ).stdout
        return parse_listing(listing)
    return ()


def parse_listing(listing: str) -> tuple[str, ...]:
    """Returns the masks of the devices in what `nvidia-smi -L` printed.

    A GPU that is split into MIG instances cannot be used as a whole: its instances
    stand in its place, by UUID.
    """
    masks: list[str] = []
    for block in re.split(r"^(?=GPU \d+:)", listing, flags=re.MULTILINE):
        found = re.match(r"GPU (\d+):", block)
        if found:
            masks += re.findall(r"UUID: (MIG-[^)\s]+)", block) or [found.group(1)]
    return tuple(masks)


def usable_cores() -> int:
    """Returns how many cores this process may use, at least 1."""
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    for quota, period in (_cpu_quota_v2(), _cpu_quota_v1()):
        if quota.isdigit() and period.isdigit() and int(period) > 0:
            cores = min(cores, int(quota) // int(period))
    return max(1, cores)


def _cpu_quota_v2() -> tuple[str, str]:
    quota, _, period = _read(_CGROUPS / "cpu.max").partition(" ")
    return quota, period


def _cpu_quota_v1() -> tuple[str, str]:
    folder = _CGROUPS / "cpu"
    return _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")


def _available_bytes() -> int:
    free = re.search(r"MemAvailable:\s+(\d+) kB", _read(Path("/proc/meminfo")))
    available = int(free.group(1)) * 1024 if free else _MOST_TRIALS * _BYTES_PER_TRIAL
    for file in ("memory.max", "memory/memory.limit_in_bytes"):
        limit = _read(_CGROUPS / file)
        if limit.isdigit():
            available = min(available, int(limit))
    return available


def _read(file: Path) -> str:
    with contextlib.suppress(OSError):
        return file.read_text().strip()
    return ""
