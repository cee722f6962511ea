"""The project frame: top level, locks, Makefile, packaging."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / ".requirements"
LOCKS = sorted(REQUIREMENTS.glob("lane_*.txt"))

TOP_LEVEL = {
    "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "kubeflow", "pipelines",
    "setup.py", "tests", "tuner_component",
}  # fmt: skip
# What git ignores.
GENERATED = re.compile(r"\..*|__pycache__|build|demo|.*\.egg-info")

PIN = re.compile(r"[a-z0-9-]+==[0-9][a-z0-9.+]*( ; [a-z_]+ [^:/\\]+)?")
TARGETS = {
    "help", "env", "demo", "test", "slow", "lint", "bench", "bench-%",
    "test-tfx-latest", "lock", "clean",
}  # fmt: skip


def locked(lock: Path) -> dict[str, list[str]]:
    """Versions by name; a name has several where they differ by Python."""
    versions: dict[str, list[str]] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, version = line.split(" ")[0].split("==")
            versions.setdefault(name, []).append(version)
    return versions


def setup_keywords() -> dict[str, object]:
    """What setup.py hands to setuptools."""
    given: dict[str, object] = {}
    source = (ROOT / "setup.py").read_text(encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("setuptools.setup", lambda **keywords: given.update(keywords))
        patch.chdir(ROOT)
        exec(compile(source, "setup.py", "exec"), {"__file__": str(ROOT / "setup.py")})
    return given


def test_top_level_is_fixed() -> None:
    visible = {p.name for p in ROOT.iterdir() if not GENERATED.fullmatch(p.name)}
    assert visible == TOP_LEVEL


def test_both_lanes_are_locked() -> None:
    assert [lock.stem for lock in LOCKS] == ["lane_a", "lane_b"]
    assert [locked(lock)["tfx"] for lock in LOCKS] == [["1.16.0"], ["1.21.0"]]


@pytest.mark.parametrize(
    "lock", [*LOCKS, REQUIREMENTS / "uv.txt"], ids=lambda p: p.stem
)
def test_lock_is_pins_only(lock: Path) -> None:
    lines = lock.read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins
    assert [line for line in pins if not PIN.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.stem)
def test_lock_answers_its_input(lock: Path) -> None:
    versions = locked(lock)
    wanted = lock.with_suffix(".in").read_text(encoding="utf-8").splitlines()
    for line in wanted:
        if not line.startswith("#"):
            wish = Requirement(line)
            assert all(wish.specifier.contains(v) for v in versions[wish.name])


@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.stem)
def test_lock_fits_setup(lock: Path) -> None:
    versions = locked(lock)
    for line in setup_keywords()["install_requires"]:  # type: ignore[attr-defined]
        wish = Requirement(line)
        assert all(wish.specifier.contains(v) for v in versions[wish.name]), line


def test_lanes_keep_what_tfx_needs_to_build_user_wheels() -> None:
    for lock in LOCKS:
        versions = locked(lock)
        assert {"pip", "wheel", "tensorboard"} <= versions.keys()
        assert int(versions["setuptools"][0].split(".")[0]) < 81
    minor = int(locked(LOCKS[0])["apache-beam"][0].split(".")[1])
    assert minor < 66


def test_frame_names_no_host_and_no_folder_of_a_machine() -> None:
    frame = [ROOT / "Makefile", ROOT / "setup.py"]
    frame += [*(ROOT / ".ci").iterdir(), *REQUIREMENTS.iterdir()]
    for path in frame:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"https?://[\w.]+|/work/|/home/\w+|/Users/", text) == [], path


def test_setup_finds_every_subpackage_and_nothing_else() -> None:
    keywords = setup_keywords()
    folders = {p.parent for p in (ROOT / "tuner_component").rglob("__init__.py")}
    expected = {".".join(f.relative_to(ROOT).parts) for f in folders}
    assert set(keywords["packages"]) == expected  # type: ignore[call-overload]
    assert keywords["license"] == "Apache-2.0"
    assert keywords["python_requires"] == ">=3.10,<3.14"


def test_setup_version_is_the_package_version() -> None:
    import tuner_component

    assert setup_keywords()["version"] == tuner_component.__version__


def test_every_folder_of_sources_is_a_package() -> None:
    folders = {p.parent for p in (ROOT / "tuner_component").rglob("*.py")}
    assert [f for f in folders if not (f / "__init__.py").exists()] == []


def make(*arguments: str) -> str:
    result = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return result.stdout


def test_make_lists_every_target() -> None:
    assert set(re.findall(r"^  make (\S+)", make(), re.MULTILINE)) == TARGETS


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("demo", "-m pipelines.local"),
        ("test", "-m pytest"),
        ("slow", '-m "slow or runner"'),
        ("lint", "ruff format --check"),
        ("bench-training", "-m tests.benchmarks.training"),
        ("test-tfx-latest", ".ci/lane_b_python -m pytest"),
        ("lock", ".ci/make_locks"),
    ],
)
def test_make_runs(target: str, command: str) -> None:
    assert command in make("--dry-run", target)


def test_make_bench_runs_modules_that_measure() -> None:
    named = re.findall(r"-m tests\.benchmarks\.(\w+)", make("--dry-run", "bench"))
    assert {"search", "speed", "training"} <= set(named)
    for name in named:
        source = (ROOT / f"tests/benchmarks/{name}.py").read_text(encoding="utf-8")
        assert '__name__ == "__main__"' in source, name


def test_scripts_are_executable_and_parse() -> None:
    for path in (ROOT / ".ci").iterdir():
        subprocess.run(["bash", "-n", str(path)], check=True, timeout=60)
        sourced = path.suffix == ".sh"
        assert bool(path.stat().st_mode & stat.S_IXUSR) is not sourced, path
