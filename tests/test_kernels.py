"""Warm kernels, each fact shown on real kernels."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from wavebook.kernels import warm as kernels
from wavebook.kernels.block import call_warm
from wavebook.kernels.warm import ColdKernelWarning, WarmKernelManager, warm_kernels

pytestmark = pytest.mark.skipif(not kernels.can_fork(), reason="warm kernels need Linux")

PARENT = "open('/proc/%d/cmdline' % __import__('os').getppid()).read()"


@pytest.fixture(scope="module")
def warm() -> Iterator[None]:
    with warm_kernels():
        yield


@pytest.fixture
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget which reasons for ordinary kernels this process has named already."""
    monkeypatch.setattr(kernels, "_said", set())


def notebook(*sources: str) -> Any:
    cells = [nbformat.v4.new_code_cell(textwrap.dedent(source)) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)


def run(*sources: str, manager: type = WarmKernelManager, **start: Any) -> list[Any]:
    """Run cells in one new kernel and return what the last one printed, as JSON values."""
    nb = notebook(*sources)
    client = NotebookClient(nb, kernel_manager_class=manager, kernel_name="python3")
    with client.setup_kernel(**start):
        for number, cell in enumerate(nb.cells):
            client.execute_cell(cell, number)
    text = "".join(output.text for output in nb.cells[-1].outputs if output.get("name") == "stdout")
    return [json.loads(line) for line in text.splitlines()]


def show(*expressions: str) -> str:
    """Return the source of a cell that prints the values of expressions, a line each."""
    return "import json\n" + "\n".join(f"print(json.dumps({text}))" for text in expressions)


class Session:
    """A kernel with its manager and client, for what takes more than running cells."""

    def __init__(self, **start: Any) -> None:
        self.manager = WarmKernelManager(kernel_name="python3")
        self.start = start

    async def __aenter__(self) -> "Session":
        await self.manager.start_kernel(**self.start)
        self.client = self.manager.client()
        self.client.start_channels()
        await self.client.wait_for_ready(timeout=30)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.client.stop_channels()
        await self.manager.shutdown_kernel(now=True)

    async def value(self, expression: str) -> str:
        while True:
            reply = await self.client.execute_interactive(
                "", user_expressions={"value": expression}, timeout=30
            )
            if reply["content"]["status"] != "aborted":  # as all is that waits when a cell fails
                break
        return str(reply["content"]["user_expressions"]["value"]["data"]["text/plain"])


def gone(*pids: int) -> bool:
    """Return whether processes end within ten seconds."""
    deadline = time.monotonic() + 10
    while any(map(is_running, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


# --- a process of its own ---------------------------------------------------------------------


def test_each_kernel_is_a_process_of_its_own(warm: None) -> None:
    assert run(show("__import__('os').getpid()")) != run(show("__import__('os').getpid()"))


def test_kernels_are_forked_from_one_child_of_this_process(warm: None) -> None:
    (first,), (second,) = (run(show("__import__('os').getppid()")) for _ in range(2))
    assert first == second
    assert psutil.Process(first).ppid() == os.getpid()


def test_template_runs_no_thread(warm: None) -> None:
    (template,) = run(show("__import__('os').getppid()"))
    assert psutil.Process(template).num_threads() == 1


def test_libraries_are_loaded_before_the_first_cell(warm: None) -> None:
    assert run(show("'pandas' in __import__('sys').modules")) == [True]


def test_kernel_starts_in_the_directory_given(warm: None, tmp_path: Path) -> None:
    assert run(show("__import__('os').getcwd()"), cwd=str(tmp_path)) == [str(tmp_path)]


def test_kernel_imports_from_its_directory(warm: None, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("answer = 42")
    assert run("import beside", show("beside.answer"), cwd=str(tmp_path)) == [42]


def test_missing_directory_is_the_error_of_an_ordinary_kernel(warm: None, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        run("1", cwd=str(tmp_path / "nowhere"))


def test_kernel_has_the_environment_given(warm: None) -> None:
    source = show("__import__('os').environ.get('WAVE_OF_TEST')")
    assert run(source, env=os.environ | {"WAVE_OF_TEST": "2010"}) == ["2010"]


def test_kernel_has_no_variable_that_was_not_given(warm: None) -> None:
    source = show("__import__('os').environ.get('OPENBLAS_NUM_THREADS')")
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    assert run(source, env=env) == [None]


def test_variables_that_python_reads_as_it_starts_take_effect(warm: None) -> None:
    env = os.environ | {"PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", "print(hash('wave'))"]
    expected = subprocess.run(command, env=env, capture_output=True, check=True, text=True).stdout
    assert run(show("hash('wave')"), env=env) == [int(expected)]


@pytest.mark.parametrize("threads", [1, 3])
def test_blas_has_as_many_threads_as_the_environment_allows(warm: None, threads: int) -> None:
    count = "len(__import__('os').listdir('/proc/self/task'))"
    before, env = run(show(count)), os.environ | {"OPENBLAS_NUM_THREADS": str(threads)}
    assert run(show(count), env=env) == [before[0] + threads - 1]


def test_time_zone_is_that_of_the_environment(warm: None) -> None:
    source = show("__import__('time').tzname[0]")
    assert run(source, env=os.environ | {"TZ": "WAVE-9"}) == ["WAVE"]


@pytest.mark.parametrize(
    "number", ["random.random()", "numpy.random.random()", "tempfile.mktemp()", "uuid.uuid4().hex"]
)
def test_random_state_differs_between_kernels(warm: None, number: str) -> None:
    module = number.partition(".")[0]
    assert run(f"import {module}", show(number)) != run(f"import {module}", show(number))


def test_python_options_of_the_kernel_specification_take_effect(
    warm: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "kernels" / "optimised"
    folder.mkdir(parents=True)
    argv = [sys.executable, "-O", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    specification = {"argv": argv, "display_name": "optimised", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(specification))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    nb = notebook(show("__debug__", f"'forkserver' in {PARENT}"))
    NotebookClient(nb, kernel_manager_class=WarmKernelManager, kernel_name="optimised").execute()
    assert nb.cells[0].outputs[0].text.split() == ["false", "true"]


def test_what_the_template_was_told_to_prepare_is_in_every_kernel() -> None:
    with warm_kernels(prepare=("builtins", "exec", "import sys; sys.prepared = 1")):
        assert run(show("__import__('sys').prepared")) == [1]


def test_preparation_that_fails_leaves_kernels_as_they_are() -> None:
    with warm_kernels(prepare=("builtins", "exec", "1 / 0")):
        assert run(show(PARENT))[0].count("forkserver") == 1


def test_a_function_is_called_in_a_fork_of_the_template(warm: None) -> None:
    assert call_warm("json", "loads", '{"a": [1, null]}') == {"a": [1, None]}
    assert call_warm("os", "getpid") != os.getpid()
    with pytest.raises(RuntimeError, match="JSONDecodeError"):
        call_warm("json", "loads", "{")


def test_where_nothing_can_be_forked_a_function_is_called_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wavebook.kernels.block.can_fork", lambda: False)
    assert call_warm("os", "getpid") == os.getpid()


def test_garbage_is_collected(warm: None) -> None:
    assert run(show("__import__('gc').isenabled()")) == [True]


# --- nothing leaks ----------------------------------------------------------------------------


def test_preloaded_modules_are_no_names_in_a_notebook(warm: None) -> None:
    with pytest.raises(CellExecutionError, match="NameError"):
        run("pandas")


@pytest.mark.parametrize(
    ("change", "look"),
    [
        ("import builtins; builtins.left = 1", "hasattr(__import__('builtins'), 'left')"),
        ("import pandas; pandas.left = 1", "hasattr(__import__('pandas'), 'left')"),
        ("import os; os.environ['LEFT'] = '1'", "'LEFT' in __import__('os').environ"),
        ("import sys; sys.path.append('left')", "'left' in __import__('sys').path"),
        ("left = 1", "'left' in globals()"),
    ],
)
def test_change_in_one_kernel_is_unknown_to_the_next(warm: None, change: str, look: str) -> None:
    assert run(change, show(look)) == [True]
    assert run(show(look)) == [False]


def test_kernel_holds_no_descriptor_of_the_template_or_of_another_kernel(warm: None) -> None:
    def held(pid: int) -> set[str]:
        links = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
        return {link for link in links if link.startswith("socket:") or "pidfd" in link}

    async def scenario() -> set[str]:
        async with Session(), Session() as second:
            pid = int(await second.value("__import__('os').getpid()"))
            return held(pid) & held(psutil.Process(pid).ppid())

    assert asyncio.run(scenario()) == set()


# --- a life of its own ------------------------------------------------------------------------


def test_interrupt_stops_the_cell_and_not_the_kernel(warm: None, tmp_path: Path) -> None:
    # Were it to print, it might be interrupted among the locks that printing takes, and Python then
    # raises what it finds wrong with those.
    begun = tmp_path / "begun"
    code = f"import time; open({str(begun)!r}, 'w').close(); time.sleep(60)"

    async def scenario() -> tuple[str, str]:
        async with Session() as session:
            await session.value("1")
            cell = session.client.execute(code)
            while not begun.exists():
                await asyncio.sleep(0.01)
            await session.manager.interrupt_kernel()
            while (reply := await session.client.get_shell_msg(timeout=30)) and (
                reply["parent_header"]["msg_id"] != cell
            ):
                pass
            return reply["content"]["ename"], await session.value("1 + 1")

    assert asyncio.run(scenario()) == ("KeyboardInterrupt", "2")


def test_restart_gives_a_new_process_without_the_old_state(warm: None) -> None:
    async def scenario() -> tuple[str, str, str]:
        async with Session() as session:
            first = await session.value("globals().setdefault('pid', __import__('os').getpid())")
            await session.manager.restart_kernel()
            await session.client.wait_for_ready(timeout=30)
            second = await session.value("__import__('os').getpid()")
            return first, second, await session.value("'pid' in globals()")

    first, second, remembered = asyncio.run(scenario())
    assert first != second
    assert not is_running(int(first))
    assert remembered == "False"


def test_shutdown_lets_the_notebook_finish_its_business(warm: None, tmp_path: Path) -> None:
    done = tmp_path / "done"
    run(f"import atexit, pathlib; atexit.register(pathlib.Path({str(done)!r}).touch)")
    assert done.exists()


def test_shutdown_ends_a_kernel_that_is_busy(warm: None) -> None:
    async def scenario() -> int:
        async with Session() as session:
            pid = int(await session.value("__import__('os').getpid()"))
            session.client.execute("while True: pass")
            await session.manager.shutdown_kernel()
            return pid

    assert not is_running(asyncio.run(scenario()))


def test_kill_ends_what_the_notebook_has_started(warm: None) -> None:
    async def scenario() -> int:
        async with Session() as session:
            source = "__import__('subprocess').Popen(['sleep', '600']).pid"
            pid = int(await session.value(source))
            await session.manager.shutdown_kernel(now=True)
            return pid

    assert gone(asyncio.run(scenario()))


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import os; os._exit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
    ],
)
def test_kernel_that_dies_is_an_error_with_its_exit_status(
    warm: None, source: str, status: int
) -> None:
    nb = notebook(source)
    client = NotebookClient(nb, kernel_manager_class=WarmKernelManager, kernel_name="python3")
    with client.setup_kernel():
        with pytest.raises(DeadKernelError):
            client.execute_cell(nb.cells[0], 0)
        assert client.km is not None
        assert client.km.provisioner.process.returncode == status


def test_sys_exit_in_a_cell_is_what_it_is_in_an_ordinary_kernel(warm: None) -> None:
    found = []
    for manager in (WarmKernelManager, AsyncKernelManager):
        with pytest.raises(CellExecutionError) as caught:
            run("import sys; sys.exit(3)", manager=manager)
        found.append((caught.value.ename, caught.value.evalue))
    assert found[0] == found[1]


def test_output_is_what_it_is_of_an_ordinary_kernel(warm: None) -> None:
    source = """
        import os, subprocess, sys, time
        print("printed", flush=True)
        print("wrong", file=sys.stderr, flush=True)
        os.write(1, b"written\\n"); time.sleep(0.2)
        subprocess.run(["echo", "echoed"]); time.sleep(0.2)
        2 + 2
    """
    found = []
    for manager in (WarmKernelManager, AsyncKernelManager):
        nb = notebook(source)
        client = NotebookClient(nb, kernel_manager_class=manager, kernel_name="python3")
        client.coalesce_streams = True
        client.execute()
        found.append(nb.cells[0].outputs)
    assert found[0] == found[1]


def test_output_of_a_fork_arrives_as_from_an_ordinary_kernel(warm: None) -> None:
    source = """
        import json, multiprocessing
        child = multiprocessing.get_context("fork").Process(target=print, args=("42",))
        child.start(); child.join(); import time; time.sleep(0.2)
    """
    assert run(source) == run(source, manager=AsyncKernelManager) == [42]


def test_streams_of_the_process_can_be_piped(warm: None) -> None:
    async def scenario() -> bytes:
        log = ["--Application.log_level=DEBUG"]
        async with Session(stderr=subprocess.PIPE, extra_arguments=log) as session:
            return bytes(session.manager.provisioner.process.stderr.readline())

    assert asyncio.run(scenario()).startswith(b"[IPKernelApp] ")  # the name that others look for


# --- nothing is left ---------------------------------------------------------------------------

HOST = """
import asyncio, os, sys, tempfile
sys.path.insert(0, {tests!r})
from test_kernels import Session
from wavebook.kernels.template import templates

async def main():
    async with Session() as session:
        pids = await session.value(
            "(__import__('os').getpid(), __import__('os').getppid(),"
            " __import__('subprocess').Popen(['sleep', '600']).pid)"
        )
        print(pids, str(templates.directory), sep="\\n", flush=True)
        {then}

asyncio.run(main())
"""


def host(then: str, runtime: Path) -> tuple[subprocess.Popen[str], list[int], Path]:
    """Start a process that has a warm kernel; return it, the processes it began, its folder."""
    source = HOST.format(tests=str(Path(__file__).parent), then=then)
    env = os.environ | {"JUPYTER_RUNTIME_DIR": str(runtime), "WAVEBOOK_PRELOAD": "json"}
    process = subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    pids = json.loads(process.stdout.readline().replace("(", "[").replace(")", "]"))
    return process, pids, Path(process.stdout.readline().strip())


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_of_a_parent_that_is_killed(signum: int, tmp_path: Path) -> None:
    process, pids, folder = host("await asyncio.sleep(600)", tmp_path)
    assert all(map(is_running, pids))
    assert folder.is_dir()
    process.send_signal(signum)
    process.wait()
    assert gone(*pids)
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_parent_that_just_leaves(tmp_path: Path) -> None:
    process, pids, folder = host("os._exit(0)", tmp_path)
    process.wait()
    assert gone(*pids)
    assert not folder.exists()


def test_nothing_is_left_when_the_block_ends(tmp_path: Path) -> None:
    with warm_kernels(preload=("json",)):
        kernel, template = run(show("__import__('os').getpid()", "__import__('os').getppid()"))
    assert not is_running(kernel)
    assert not is_running(template)


def test_kernel_that_has_ended_leaves_no_file(warm: None) -> None:
    async def scenario() -> tuple[int, int]:
        async with Session() as session:
            folder = Path(session.manager.connection_file).parent
            name = f"{Path(session.manager.connection_file).stem}*"
            begun = len(list(folder.glob(name)))
        return begun, len(list(folder.glob(name)))

    assert asyncio.run(scenario()) == (7, 0)


def test_kernel_has_no_file_among_those_of_jupyter(
    warm: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))

    async def scenario() -> list[Path]:
        async with Session():
            return list(tmp_path.iterdir())

    assert asyncio.run(scenario()) == []


def test_folder_of_the_sockets_is_closed_to_others(warm: None) -> None:
    async def scenario() -> int:
        async with Session() as session:
            return Path(session.manager.connection_file).parent.stat().st_mode & 0o777

    assert asyncio.run(scenario()) == 0o700


def test_no_tcp_port_is_open(warm: None) -> None:
    async def scenario() -> list[Any]:
        async with Session() as session:
            pid = int(await session.value("__import__('os').getpid()"))
            return [*psutil.Process(pid).net_connections("inet")]

    assert asyncio.run(scenario()) == []


def test_kernel_dies_with_its_template_and_is_missed(nothing_said: None) -> None:
    async def scenario() -> tuple[bool, bool, bool]:
        async with Session() as session:
            kernel = int(await session.value("__import__('os').getpid()"))
            template = psutil.Process(kernel).ppid()
            # ipykernel looks after its parent itself, but not while C code holds the interpreter.
            session.client.execute("import ctypes; ctypes.PyDLL(None).sleep(600)")
            await asyncio.sleep(0.5)
            os.kill(template, signal.SIGKILL)
            died = gone(kernel)
            alive = await session.manager.is_alive()
        async with Session() as session:
            return died, alive, int(await session.value("__import__('os').getppid()")) != template

    with warm_kernels(preload=("json",)):
        assert asyncio.run(scenario()) == (True, False, True)


# --- many at once -----------------------------------------------------------------------------

MEET = """
import os, pathlib, time
me = pathlib.Path({folder!r}) / str(os.getpid())
me.touch()
deadline = time.monotonic() + 30
while len(list(me.parent.iterdir())) < {number}:
    assert time.monotonic() < deadline, "the others never came"
    time.sleep(0.01)
"""


def test_threads_run_kernels_side_by_side(warm: None, tmp_path: Path) -> None:
    meet = MEET.format(folder=str(tmp_path), number=4)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, [meet] * 4))


def test_one_event_loop_runs_kernels_side_by_side(warm: None, tmp_path: Path) -> None:
    meet = MEET.format(folder=str(tmp_path), number=3)

    async def scenario() -> None:
        clients = [
            NotebookClient(notebook(meet), kernel_manager_class=WarmKernelManager) for _ in range(3)
        ]
        await asyncio.gather(*(client.async_execute() for client in clients))

    asyncio.run(scenario())


def test_fork_of_the_host_leaves_the_template_alone(warm: None) -> None:
    (template,) = run(show("__import__('os').getppid()"))
    pid = os.fork()
    if pid == 0:
        kernels.templates.close()
        os._exit(0)
    os.waitpid(pid, 0)
    assert run(show("__import__('os').getppid()")) == [template]


# --- edited code ------------------------------------------------------------------------------


@pytest.mark.parametrize("prepare", [(), ("builtins", "exec", "1")], ids=["", "prepared"])
def test_edited_module_is_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_said: None, prepare: tuple[str, ...]
) -> None:
    """Even though the template has been prepared for more since."""
    module = tmp_path / "edited.py"
    module.write_text("answer = 1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with warm_kernels(preload=("edited",)):
        assert run("import edited", show("edited.answer")) == [1]
        module.write_text("answer = 20")
        with warm_kernels(preload=("edited",), prepare=prepare):
            assert run("import edited", show("edited.answer", f"'forkserver' in {PARENT}")) == [
                20,
                True,
            ]


# --- ordinary kernels instead -----------------------------------------------------------------


def warnings_of(*runs: str) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for source in runs:
            assert run(source) == [os.getpid()]
    return [str(one.message) for one in caught if one.category is ColdKernelWarning]


PARENT_PID = show("__import__('os').getppid()")


def test_system_that_cannot_fork_gets_ordinary_kernels_and_one_warning(
    monkeypatch: pytest.MonkeyPatch, nothing_said: None
) -> None:
    monkeypatch.setattr(kernels, "can_fork", lambda: False)
    with warm_kernels():
        (said,) = warnings_of(PARENT_PID, PARENT_PID)
    assert "forking is not safe" in said


def test_library_that_starts_a_thread_gets_ordinary_kernels_and_one_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_said: None
) -> None:
    (tmp_path / "threaded.py").write_text(
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with warm_kernels(preload=("threaded",)):
        (said,) = warnings_of(PARENT_PID, PARENT_PID)
    assert "importing threaded started 1 thread" in said


def test_library_that_cannot_be_imported_gets_an_ordinary_kernel_and_a_warning(
    nothing_said: None,
) -> None:
    with warm_kernels(preload=("no_such_library",)):
        (said,) = warnings_of(PARENT_PID)
    assert "No module named 'no_such_library'" in said


# --- the doors --------------------------------------------------------------------------------


def test_papermill_runs_a_notebook_with_parameters(warm: None, tmp_path: Path) -> None:
    nb = notebook("wave = 2010", show("wave", f"'forkserver' in {PARENT}"))
    nb.cells[0].metadata.tags = ["parameters"]
    nb.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(nb, tmp_path / "in.ipynb")
    done = papermill.execute_notebook(
        tmp_path / "in.ipynb",
        tmp_path / "out.ipynb",
        parameters={"wave": 2026},
        engine_name="wavebook-warm",
        progress_bar=False,
    )
    assert done.cells[-1].outputs[0].text.split() == ["2026", "true"]


def test_papermill_command_takes_the_engine(tmp_path: Path) -> None:
    nb = notebook(show(f"'forkserver' in {PARENT}"))
    nb.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(nb, tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "--engine", "wavebook-warm"]
    subprocess.run([*command, "in.ipynb", "out.ipynb"], cwd=tmp_path, check=True)
    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert done.cells[0].outputs[0].text == "true\n"


def test_nbval_runs_warm_kernels_when_the_environment_says_so(tmp_path: Path) -> None:
    nb = notebook(show(f"'forkserver' in {PARENT}"))
    nb.cells[0].execution_count = 1
    nb.cells[0].outputs = [nbformat.v4.new_output("stream", name="stdout", text="true\n")]
    nb.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(nb, tmp_path / "stored.ipynb")
    env = os.environ | {"JUPYTER_DEFAULT_PROVISIONER_NAME": "wavebook-warm"}
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider"]
    assert (
        subprocess.run([*command, "stored.ipynb"], cwd=tmp_path, env=env, check=False).returncode
        == 0
    )
