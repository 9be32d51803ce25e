"""Disks, rights and signals: one line, and nothing left behind."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import wavebook
from wavebook import desk, folders
from wavebook.errors import of_system
from wavebook.folders import placing, replace_folder, settle
from wavebook.front import write_front

COMMAND = [sys.executable, "-c", "from wavebook.cli import main; main()"]
NOBODY = 2**22 + 1  # no process has that number: it is beyond what Linux gives


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "2030"


def folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "page").write_text(text)
    return path


# Words


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "a/b"), "a/b: no space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "a"), "a: no permission"),
        (OSError(errno.ENOSPC, "No space left on device"), "output: no space left on device"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "a" * 300), f"{'a' * 80}…: file name"),
        (shutil.Error([("a", "b/c", "[Errno 28] No space")]), "b/c: cannot be written: [Errno 28]"),
        (OSError(errno.ENOENT, "No such file or directory", "a\nb"), r"a\nb: no such file or"),
    ],
)
def test_what_the_system_refuses_is_one_line(error: OSError, told: str) -> None:
    said = of_system(error) or ""
    assert said.startswith(told)
    assert "\n" not in said


def test_what_no_user_can_bring_about_has_no_words() -> None:
    assert of_system(OSError(errno.EBADF, "Bad file descriptor")) is None


# A folder that is replaced


def test_what_was_there_comes_back_if_nothing_took_its_place(target: Path) -> None:
    folder(target.with_name(f".2030.old-{NOBODY}"), "before")
    settle(target)
    assert [path.name for path in target.parent.iterdir()] == ["2030"]
    assert (target / "page").read_text() == "before"


@pytest.mark.parametrize("kind", [folders.OLD, folders.NEW_ONE])
def test_what_a_killed_process_has_left_is_cleared_away(target: Path, kind: str) -> None:
    folder(target, "now")
    folder(target.with_name(f".2030.{kind}-{NOBODY}"), "left")
    settle(target)
    assert [path.name for path in target.parent.iterdir()] == ["2030"]
    assert (target / "page").read_text() == "now"


def test_what_a_running_process_is_replacing_is_left_alone(target: Path) -> None:
    with placing(target):
        theirs = folder(target.with_name(f".2030.old-{NOBODY}"), "theirs")
        settle(target)
    assert theirs.is_dir()


def test_what_was_left_is_cleared_away_though_its_process_had_our_number(target: Path) -> None:
    folder(target.with_name(f".2030.new-{os.getpid()}"), "half")
    settle(target)
    assert not list(target.parent.iterdir())


def test_a_folder_is_not_put_into_one_that_was_left(target: Path) -> None:
    folder(target.with_name(f".2030.new-{os.getpid()}"), "half")
    replace_folder(folder(target.with_name("finished"), "after"), target)
    assert (target / "page").read_text() == "after"


def test_builds_that_end_at_the_same_moment_both_succeed(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = [folder(target.with_name(name), name) for name in "abcd"]
    both = threading.Barrier(len(finished))
    arrived = folders.arrived

    def together(*given: Path) -> Path:
        arriving = arrived(*given)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # what has a lock meets nobody here
        return arriving

    monkeypatch.setattr(folders, "arrived", together)
    with ThreadPoolExecutor(len(finished)) as pool:
        list(pool.map(lambda one: replace_folder(one, target), finished))
    assert [path.name for path in target.parent.iterdir()] == ["2030"]


def test_a_folder_is_replaced_where_there_are_no_locks(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "_taken", lambda *_: False)
    replace_folder(folder(target.with_name("finished"), "after"), target)
    assert (target / "page").read_text() == "after"


def test_half_of_a_folder_takes_no_place_whatever_its_name(tmp_path: Path) -> None:
    target = tmp_path / "a.old-b"
    folder(tmp_path / f".{target.name}.new-{NOBODY}", "half")
    settle(target)
    assert not target.exists()


def test_what_belongs_to_another_folder_is_left_alone(target: Path) -> None:
    other = folder(target.with_name(f".2031.new-{NOBODY}"), "theirs")
    settle(target)
    assert other.is_dir()


def test_a_full_disk_leaves_the_folder_that_was_there(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(target, "before")
    finished = folder(target.with_name("finished"), "after")

    def move(origin: Path, place: Path) -> None:
        folder(place, "half")
        raise OSError(errno.ENOSPC, "No space left on device", str(place))

    with monkeypatch.context() as patch:
        patch.setattr(folders.shutil, "move", move)
        with pytest.raises(OSError, match="No space left"):
            replace_folder(finished, target)
    assert (target / "page").read_text() == "before"
    assert sorted(path.name for path in target.parent.iterdir()) == ["2030", "finished"]


def test_a_build_does_without_pages_that_cannot_be_kept(allotments: Path) -> None:
    (allotments / "_build").mkdir(exist_ok=True)
    (allotments / "_build" / ".pages").write_text("in the way")
    done = subprocess.run(
        [*COMMAND, "build", "2030"], cwd=allotments, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (allotments / "_build" / "2030" / "report.pdf").is_file()


def test_who_writes_a_front_page_has_a_file_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda a, b: (names.append(a.name), replace(a, b)))
    for _ in range(2):  # as two containers do, in which each is process 1
        write_front(tmp_path, [{"edition": "2030-r1", "wave": "2030", "date": "2030-12-31"}])
    assert len(set(names)) == len(names)


# Signals


@pytest.mark.parametrize(
    ("number", "status", "told"), [(signal.SIGINT, 130, ["Stopped."]), (signal.SIGTERM, 143, [])]
)
def test_a_build_that_is_stopped_leaves_nothing(
    allotments: Path, tmp_path: Path, number: signal.Signals, status: int, told: list[str]
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        [*COMMAND, "build", "2030"],
        cwd=allotments,
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        assert "done: 01-growing" in process.stderr.readline()
        os.killpg(process.pid, number)
        said = process.stderr.read().splitlines()
    assert process.returncode == status
    assert [line for line in said if "done:" not in line] == told
    assert list(scratch.iterdir()) == []
    assert not (allotments / "_build" / "2030").exists()
    assert list((allotments / "_build").glob(".work-*")) == []


# Places


@pytest.mark.parametrize("home", ["/nonexistent", "home"])
def test_nothing_is_said_of_a_user_s_home_nor_left_there(
    allotments: Path, tmp_path: Path, home: str
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "home").mkdir()
    kept = {name: told for name, told in os.environ.items() if name != "IPYTHONDIR"}
    done = subprocess.run(
        [*COMMAND, "build", "2030"],
        cwd=allotments,
        env={**kept, "TMPDIR": str(scratch), "HOME": str(tmp_path / home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line for line in done.stderr.splitlines() if "done:" not in line] == []
    assert [*scratch.iterdir(), *(tmp_path / "home").iterdir()] == []


def test_slices_are_kept_in_the_cache_that_is_named(allotments: Path) -> None:
    done = wavebook("build", "2030", "--by", "site", "--cache", "kept", cwd=allotments)
    assert done.returncode == 0, done.stderr
    assert (allotments / "kept").is_dir()
    assert not (allotments / "_build" / ".cache").exists()


@pytest.mark.parametrize(
    "arguments",
    [("serve", "2030", "--port", "70000"), ("build", "2030", "--by", "")],
    ids=["port", "question"],
)
def test_what_no_value_can_be_is_a_usage_error(
    allotments: Path, arguments: tuple[str, ...]
) -> None:
    done = wavebook(*arguments, cwd=allotments)
    assert done.returncode == 2
    assert arguments[-2] in done.stderr


def test_a_name_that_is_too_long_is_one_line(allotments: Path) -> None:
    done = wavebook("build", "2030", "--out", "x" * 300, cwd=allotments)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "too long" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk to offer")
@pytest.mark.parametrize("is_kept_back", [True, False])
def test_output_that_cannot_be_written_is_one_line(allotments: Path, *, is_kept_back: bool) -> None:
    kept = {name: told for name, told in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "check", "2030", "--format", "json"],
            cwd=allotments,
            env=kept if is_kept_back else {**kept, "PYTHONUNBUFFERED": "1"},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "output: no space left on device"
    assert "Exception" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_build_needs_no_standard_error(allotments: Path) -> None:
    command = 'exec "$@" 2>&-'
    done = subprocess.run(
        ["sh", "-c", command, "sh", *COMMAND, "build", "2030"],
        cwd=allotments,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    assert done.returncode == 0
