"""Which lane and which Python `make env` takes, on made-up machines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FIND_PYTHON = Path(__file__).resolve().parent.parent / ".ci" / "find_python"


class Machine:
    """A made-up machine: its C library and the Pythons it has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"HOME": str(folder / "home")}
        self.bin = folder / "bin"
        self.bin.mkdir()
        for tool in ("bash", "sed", "sort", "head", "tail"):
            (self.bin / tool).symlink_to(self.real(tool))
        self.script(self.bin / "uname", "echo Linux x86_64")
        self.glibc("2.36")

    @staticmethod
    def real(tool: str) -> str:
        found = subprocess.run(
            ["bash", "-c", f"type -P {tool}"],
            capture_output=True,
            text=True,
            check=True,
        )
        return found.stdout.strip()

    @staticmethod
    def script(path: Path, body: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{Machine.real('bash')}\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def glibc(self, version: str) -> None:
        self.script(self.bin / "getconf", f"echo glibc {version}")

    def python(self, path: Path, version: str) -> str:
        """A Python as find_python sees it: says its version or its own path."""
        body = (
            f'[ "$3" = {version} ] || {{ echo "it is Python {version}" >&2; exit 1; }}\n'
            f"echo {path}"
        )
        return str(self.script(path, body))

    def broken_shim(self, version: str) -> Path:
        """What pyenv puts on PATH for a version that is not selected."""
        shims = self.folder / "pyenv" / "shims"
        self.script(shims / f"python{version}", "echo 'not found' >&2; exit 127")
        self.environment["PATH"] = f"{shims}{os.pathsep}{self.bin}"
        return self.folder / "pyenv" / "versions"

    def find(self, *lanes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.real("bash"), str(FIND_PYTHON), *lanes],
            env={"PATH": str(self.bin), **self.environment},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def choice(self, *lanes: str) -> list[str]:
        result = self.find(*lanes)
        assert result.returncode == 0, result.stderr
        return result.stdout.split()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_python_on_path(machine: Machine) -> None:
    python = machine.python(machine.bin / "python3.10", "3.10")
    assert machine.choice() == ["lane_a", python]


def test_python_without_a_version_in_its_name(machine: Machine) -> None:
    python = machine.python(machine.bin / "python3", "3.10")
    assert machine.choice() == ["lane_a", python]


def test_python_only_pyenv_has(machine: Machine) -> None:
    versions = machine.folder / "home" / ".pyenv" / "versions"
    machine.python(versions / "3.10.2" / "bin" / "python", "3.10")
    newest = machine.python(versions / "3.10.13" / "bin" / "python", "3.10")
    assert machine.choice() == ["lane_a", newest]


def test_pyenv_root(machine: Machine) -> None:
    machine.environment["PYENV_ROOT"] = str(machine.folder / "elsewhere")
    python = machine.folder / "elsewhere" / "versions" / "3.10.1" / "bin" / "python"
    machine.python(python, "3.10")
    assert machine.choice() == ["lane_a", str(python)]


def test_shim_that_does_not_run_leads_to_its_pyenv(machine: Machine) -> None:
    versions = machine.broken_shim("3.10")
    python = machine.python(versions / "3.10.13" / "bin" / "python", "3.10")
    assert machine.choice() == ["lane_a", python]


def test_named_python_is_the_only_one_looked_at(machine: Machine) -> None:
    machine.python(machine.bin / "python3.10", "3.10")
    named = machine.python(machine.folder / "mine", "3.10")
    machine.environment["TUNER_PYTHON"] = named
    assert machine.choice() == ["lane_a", named]
    machine.environment["TUNER_PYTHON"] = "/nowhere"
    assert "/nowhere: No such file" in machine.find().stderr


def test_lane_a_comes_first(machine: Machine) -> None:
    machine.glibc("2.41")
    python = machine.python(machine.bin / "python3.10", "3.10")
    machine.python(machine.bin / "python3.13", "3.13")
    assert machine.choice() == ["lane_a", python]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("glibc", ["2.39", "2.41"])
def test_lane_b_where_the_c_library_allows(
    machine: Machine, version: str, glibc: str
) -> None:
    machine.glibc(glibc)
    python = machine.python(machine.bin / f"python{version}", version)
    assert machine.choice() == ["lane_b", python]


@pytest.mark.parametrize("glibc", ["2.36", "2.4"])
def test_lane_b_is_refused_with_an_older_c_library(
    machine: Machine, glibc: str
) -> None:
    machine.glibc(glibc)
    machine.python(machine.bin / "python3.13", "3.13")
    result = machine.find()
    assert result.returncode == 1
    assert f"needs glibc 2.39, this is {glibc}" in result.stderr


def test_one_lane_on_demand(machine: Machine) -> None:
    machine.glibc("2.41")
    machine.python(machine.bin / "python3.10", "3.10")
    newest = machine.python(machine.bin / "python3.13", "3.13")
    assert machine.choice("lane_b") == ["lane_b", newest]


def test_nothing_fits_says_what_was_looked_at(machine: Machine) -> None:
    machine.broken_shim("3.10")
    machine.python(machine.bin / "python3", "3.9")
    result = machine.find()
    assert result.returncode == 1
    assert result.stdout == ""
    for part in (
        "shims/python3.10: not found",
        "python3: it is Python 3.9",
        "home/.pyenv/versions/3.10.*/bin/python: none",
        "pyenv install 3.10",
        "TUNER_PYTHON=",
    ):
        assert part in result.stderr


def test_other_platforms_are_named(machine: Machine) -> None:
    machine.script(machine.bin / "uname", "echo Darwin arm64")
    result = machine.find()
    assert result.returncode == 1
    assert "this machine is Darwin arm64" in result.stderr


def test_virtual_environment_gives_its_base(machine: Machine) -> None:
    version = ".".join(map(str, sys.version_info[:2]))
    machine.glibc("2.41")
    machine.environment["TUNER_PYTHON"] = sys.executable
    lane, python = machine.choice()
    assert lane == ("lane_a" if version == "3.10" else "lane_b")
    assert not python.startswith(sys.prefix) or sys.prefix == sys.base_prefix
