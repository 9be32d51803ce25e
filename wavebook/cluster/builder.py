"""A process on a worker that builds one edition after another.

Run as ``python -m wavebook.cluster.builder FOLDER`` by `wavebook.cluster.place`, with the project
in ``FOLDER/project``. It reads orders from its standard input and writes messages to its standard
output, both pickled. The end of its input means that nobody wants its work any more, be it done or
under way: it removes the folder and is gone, and every kernel with it.

A build has a process of its own because it changes what a process has once (the environment, the
standard output, Sphinx's registries), because it can be ended, which a worker's threads cannot,
and because the worker stays free to answer the scheduler meanwhile.
"""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import threading
import time
import traceback
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from wavebook import edition
from wavebook.cluster.join import engine_digest
from wavebook.cluster.messages import Message, Order
from wavebook.errors import WavebookError
from wavebook.kernels.template import templates
from wavebook.kernels.warm import warm_kernels
from wavebook.project import Project
from wavebook.rows import VARIABLE
from wavebook.run import PRELOAD

TRIES = 100


def main(folder: Path) -> None:
    """Build what is ordered until the orders end."""
    speaking = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever libraries print belongs into the worker's log
    os.environ.pop(VARIABLE, None)  # the order says what counts, not the worker's surroundings
    lock = threading.Lock()

    def say(message: Message) -> None:
        try:
            with lock:  # steps come from the threads that run notebooks
                pickle.dump(message, speaking)
                speaking.flush()
        except OSError:  # nobody listens, which `_listen` is about to learn as well
            threading.Event().wait()

    orders: SimpleQueue[Order] = SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, orders, folder), daemon=True).start()
    say(Message("engine", engine_digest()))
    project = Project(folder / "project")
    with warm_kernels(PRELOAD):
        while True:
            order = orders.get()
            try:
                edition.build(
                    project,
                    order.parameters,
                    order.out,
                    engine=order.engine,
                    report=lambda step, state: say(Message("step", step, state)),
                )
            except WavebookError as error:
                say(Message("failed", str(error)))
            except Exception:
                say(Message("broken", traceback.format_exc()))
            else:
                say(Message("built"))


def _listen(orders: IO[bytes], queue: SimpleQueue[Order], folder: Path) -> None:
    """Queue the orders that come in; at their end, end all."""
    try:
        while True:
            queue.put(pickle.load(orders))
    except (EOFError, OSError):
        pass
    finally:
        templates.close()
        # What is being built may go on writing for a moment, until it finds its folder gone.
        for _ in range(TRIES):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.05)
        os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
