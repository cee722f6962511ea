"""The peers, and the environments in build/peers that they run in."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_FOLDER = ROOT / "build" / "peers"
_SCRIPT = """
set -euo pipefail
. .ci/machine_settings.sh
.ci/bootstrap_uv "$1"
use_pip_settings .venv-uv/bin/python
.venv-uv/bin/uv --quiet venv --clear --python "$1" "$2"
.venv-uv/bin/uv --quiet pip sync --python "$2/bin/python" --compile-bytecode "$3"
"""


@dataclasses.dataclass(frozen=True)
class Peer:
    """A search by others.

    Attributes:
        package: What it is in, to tell the version.
        adapter: MODULE:NAME in `adapters`.
        lock: Name of the file in .requirements that its environment is made from.
        slow: Whether a suggestion takes seconds from the first trials on, which for
            all tables means days.
    """

    package: str
    adapter: str
    lock: str = "peers"
    slow: bool = False


PEERS = {
    "kt_random": Peer("keras-tuner", "keras_tuner_oracle:Random"),
    "kt_bayesian": Peer("keras-tuner", "keras_tuner_oracle:Bayesian"),
    "optuna_tpe": Peer("optuna", "optuna_sampler:Tpe"),
    "optuna_gp": Peer("optuna", "optuna_sampler:Gp"),
    "smac": Peer("smac", "smac_facade:Adapter"),
    "hebo": Peer("hebo", "hebo_optimizer:Adapter", "peers_hebo", slow=True),
    "vizier": Peer("google-vizier", "vizier_designer:Adapter", slow=True),
}


def lock_of(peer: Peer) -> Path:
    return ROOT / ".requirements" / f"{peer.lock}.txt"


def version_of(peer: Peer) -> str:
    """Returns what the lock says."""
    for line in lock_of(peer).read_text().splitlines():
        name, _, version = line.partition("==")
        if name == peer.package:
            return version
    raise ValueError(f"{lock_of(peer)} does not name {peer.package}.")


def python_of(peer: Peer) -> Path:
    """Returns the interpreter of the peer's environment, made if need be.

    Raises:
        OSError: If it cannot be made; holds the end of what was printed.
    """
    lock = lock_of(peer)
    folder = _FOLDER / peer.lock
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    stamp = folder / "stamp"
    if not stamp.exists() or stamp.read_text() != wanted:
        sys.stderr.write(f"Making {folder} from {lock} ...\n")
        done = subprocess.run(
            ["bash", "-c", _SCRIPT, "make", sys.executable, folder, lock],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OSError(f"No environment from {lock}: {done.stderr[-1500:]}")
        stamp.write_text(wanted)
    return folder / "bin" / "python"


def variables() -> dict[str, str]:
    """Returns the environment variables of a worker: one thread, no accelerator."""
    threads = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")
    return {
        **os.environ,
        **{f"{name}_NUM_THREADS": "1" for name in threads},
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "JAX_ENABLE_X64": "1",  # Without it Vizier's suggestions are soon empty.
        "KERAS_BACKEND": "torch",
        "PYTHONHASHSEED": "0",
    }
