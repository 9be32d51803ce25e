"""A process on a worker that builds one edition after another.

Run as ``python -m wavebook.cluster.builder FOLDER PROJECT`` by `wavebook.cluster.place`, in a
process group of its own; the project is its own, too, and in the folder, which is the run's. It
reads orders from its standard input and writes messages to its standard output, both pickled. The
end of its input means that nobody wants the run's work any more, be it done or under way: it
removes the folder and is gone, with every process it has started.

A build has a process of its own because it changes what a process has once (the environment, the
standard output, Sphinx's registries), because it can be ended, which a worker's threads cannot,
and because the worker stays free to answer the scheduler meanwhile.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from wavebook.build import build
from wavebook.cluster.join import engine_digest
from wavebook.cluster.messages import Message, Order
from wavebook.cluster.pack import remove
from wavebook.errors import WavebookError
from wavebook.kernels.block import warm_kernels
from wavebook.kernels.template import templates
from wavebook.project import Project
from wavebook.run import PRELOAD
from wavebook.told import VARIABLE


def main(folder: Path, project: Project) -> None:
    """Build what is ordered until the orders end."""
    signal.signal(signal.SIGTERM, lambda *_: None)  # that ends the group but this process: `_end`
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
    with warm_kernels(PRELOAD):
        while True:
            order = orders.get()
            try:
                build(
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
        _end(folder)


def _end(folder: Path) -> None:
    """End all that this process has started, and then the process; leave nothing behind."""
    templates.close()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGTERM)
    # What is being built may go on writing for a moment, until it finds its folder gone.
    remove(folder)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Project(Path(sys.argv[2])))
