"""The command line teaches, and serves a build on this machine only."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import wavebook
from wavebook.cli import main

COMMANDS = ("build", "publish", "check", "serve", "verify", "diff")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_the_command(allotments: Path, command: str) -> None:
    assert command in wavebook("--help", cwd=allotments).stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_help_of_its_own(allotments: Path, command: str) -> None:
    done = wavebook(command, "--help", cwd=allotments)
    assert done.returncode == 0
    assert "Usage:" in done.stdout


@pytest.mark.parametrize("module", ["wavebook", "wavebook.cli"])
def test_the_command_can_be_run_as_a_module(allotments: Path, module: str) -> None:
    command = [sys.executable, "-m", module, "check", "2030"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "Wave 2030 is sound: 8 post.\n")


def test_help_loads_none_of_the_libraries_that_a_build_needs() -> None:
    code = (
        "import sys; sys.argv = ['wavebook', '--help']\n"
        "from wavebook.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'pandas', 'altair', 'sphinx', 'papermill', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_who_is_interrupted_before_a_command_is_known_is_told_so() -> None:
    code = (
        "import sys, wavebook.cli as cli; sys.argv = ['wavebook', 'build', '2030']\n"
        "def interrupt(arguments): raise KeyboardInterrupt\n"
        "cli.start_as_asked = interrupt\n"
        "cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "Stopped.\n")


def test_a_build_can_be_read_in_the_browser(allotments: Path) -> None:
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    code = "from wavebook.cli import main; main()"
    command = [sys.executable, "-u", "-c", code, "serve", "2030", "--port", "0"]
    with subprocess.Popen(command, cwd=allotments, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
            assert address
            with urllib.request.urlopen(address[0]) as page:
                assert "<h1>Allotments" in page.read().decode()
        finally:
            server.terminate()


def test_a_port_in_use_is_named(allotments: Path) -> None:
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = wavebook("serve", "2030", "--port", port, cwd=allotments)
    assert done.returncode == 1
    assert f"port {port}:" in done.stderr


def test_a_folder_that_is_gone_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(sys, "argv", ["wavebook", "build", "2030"])
    with pytest.raises(SystemExit, match="1"):
        main()
    assert capsys.readouterr().err == "the folder in which this was started is gone\n"


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("build", "2030", "--by", "size", "--by", "plot"), "--by"),
        (("build", "2030", "--where", "size == 'small'", "--where=plot == 'yes'"), "--where"),
    ],
)
def test_an_option_of_one_value_is_given_once(
    allotments: Path, arguments: tuple[str, ...], option: str
) -> None:
    done = wavebook(*arguments, cwd=allotments)
    assert done.returncode == 2
    assert f"{option} is given 2 times; expected once" in done.stderr


def test_an_option_of_several_values_is_given_as_often_as_there_are(allotments: Path) -> None:
    done = wavebook("build", "2030", "--compare", "1990", "--compare", "2000", cwd=allotments)
    assert "1990" in done.stderr
    assert "times" not in done.stderr
