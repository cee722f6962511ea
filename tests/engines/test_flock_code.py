"""The user's code and data, as a worker on another host gets them."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.contracts.engine_contract import make_job, wait_for
from tests.engines.flocks import end, join, make_flock, start_worker
from tuner_component.engines.flock import code
from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.storage.objects import open_storage
from tuner_component.errors import EngineError
from tuner_component.evaluation import Outcome


def archive(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            made.writestr(name, "x = 1")
    return buffer.getvalue()


def test_modules_and_packages_arrive_and_nothing_else(tmp_path):
    here = tmp_path / "here"
    (here / "package" / "inner").mkdir(parents=True)
    (here / "data").mkdir()
    for name in ("model.py", "package/__init__.py", "package/inner/deep.py"):
        (here / name).write_text("x = 1")
    for name in ("model.csv", "data/not_ours.py"):
        (here / name).write_text("secret")
    storage = open_storage(str(tmp_path / "root"))
    name = code.share(storage, str(here))
    code.unpack(code.read(storage, name), tmp_path / "there")
    found = {
        p.relative_to(tmp_path / "there").as_posix()
        for p in (tmp_path / "there").rglob("*")
        if p.is_file()
    }
    assert found == {"model.py", "package/__init__.py", "package/inner/deep.py"}
    assert code.share(storage, str(here)) == name


@pytest.mark.parametrize(
    "name", ["../evil.py", "/tmp/evil.py", "a/../../evil.py", "a\\..\\b"]
)
def test_an_archive_that_leads_out_of_its_folder_is_refused(tmp_path, name):
    with pytest.raises(EngineError, match="expected names below its folder"):
        code.unpack(archive("good.py", name), tmp_path / "inside")
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    "name", ["../code/x.zip", "code/../lead/x", "/etc/passwd", "code/..", "up/x"]
)
def test_a_name_of_code_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(EngineError, match=r"expected code/<hash>\.zip"):
        code.read(open_storage(str(tmp_path)), name)


def test_a_damaged_archive_is_refused(tmp_path):
    with pytest.raises(EngineError, match="damaged"):
        code.unpack(b"no archive", tmp_path)


def test_code_that_cannot_be_shared_is_an_error(tmp_path):
    (tmp_path / "code").write_text("a file where a folder must be")
    with pytest.raises(EngineError, match="study_dir"):
        code.share(open_storage(str(tmp_path)), str(tmp_path))


def test_a_worker_that_does_not_see_the_data_says_so_to_both_sides(tmp_path):
    root = tmp_path / "root"
    timing = Timing(beat_seconds=0.25, lease_seconds=15.0, patience_seconds=0.5)
    flock = make_flock(root, 1, timing, inputs=("/no/such/data",))
    flock.submit(make_job(tmp_path))
    worker = start_worker(root, "w0")
    try:
        code_of, said = join(worker)
    finally:
        end(worker)
    assert code_of == 1
    assert "does not see /no/such/data. Expected" in said
    with pytest.raises(EngineError, match=r"w0\..* has left: it does not see /no/such"):
        wait_for(flock, Outcome)
    flock.close()
