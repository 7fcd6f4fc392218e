"""Several processes in the foreground as one: their output, their end, Ctrl-C."""

import contextlib
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from django.conf import settings
from honcho import manager, process
from honcho.printer import Message, Printer

#: Seconds after which what has not ended by itself is ended; gunicorn takes 15 at most.
manager.KILL_WAIT = 20


@dataclass(frozen=True)
class Process:
    """Something that runs beside the others; ``arguments`` follow the Python interpreter."""

    name: str
    arguments: tuple[str, ...]
    #: The setting that holds where it listens, if it does.
    bind_setting: str = ""
    #: Whether it runs only where that setting says something.
    optional: bool = False
    #: Variables of the environment that are not handed on to it.
    without: frozenset[str] = frozenset()

    def is_wanted(self) -> bool:
        return not self.optional or bool(getattr(settings, self.bind_setting))

    @property
    def command(self) -> str:
        return f"exec {shlex.join((sys.executable, *self.arguments))}"


class WatchfulProcess(process.Process):
    """Ends what it runs when the supervisor is gone without a word, as after `kill -9`."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        watch = threading.Thread(target=self._end_after, args=(os.getppid(),), daemon=True)
        watch.start()
        super().run(events, ignore_signals)

    def _end_after(self, supervisor: int) -> None:
        while os.getppid() == supervisor:
            time.sleep(1)
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGTERM)
            self._child.wait()
        # Nobody reads the lines any more, so leaving in order could wait for ever.
        os._exit(1)


class ForgivingPrinter(Printer):
    """Goes on when nobody reads any more, as when the terminal was closed."""

    def write(self, message: Message) -> None:
        with contextlib.suppress(OSError):
            super().write(message)


class Supervisor(manager.Manager):
    """honcho's, without its notes on itself, and patient with an early Ctrl-C."""

    def __init__(self, printer: Printer) -> None:
        super().__init__(printer)
        self._process_ctor = WatchfulProcess
        self._wanted_to_end = False
        #: The process whose end ended the others; empty while there was none, or a signal.
        self.ended_by_itself = ""

    def terminate(self) -> None:
        """Called for a signal, and when one process has ended."""
        if not self._all_started():
            # Before all have told their numbers there is nothing to send a signal to.
            self._wanted_to_end = True
            return
        if not self._terminating:
            self.ended_by_itself = next(filter(self._has_ended, self._processes), "")
        super().terminate()

    def _has_ended(self, name: str) -> bool:
        return self._processes[name].get("returncode") is not None

    def _system_print(self, _: str) -> None:
        # Called, among others, when a process has started: the first moment for what waited.
        if self._wanted_to_end and self._all_started():
            self._wanted_to_end = False
            super().terminate()


def run(processes: Sequence[Process], out: TextIO, error: TextIO) -> int:
    """Until Ctrl-C or SIGTERM, then 0; 1 with a sentence when one of them ended by itself."""
    supervisor = Supervisor(ForgivingPrinter(out))
    environment: dict[str, Any] = {**os.environ, "PYTHONUNBUFFERED": "1"}
    for each in processes:
        handed_on = {name: environment[name] for name in environment.keys() - each.without}
        supervisor.add_process(each.name, each.command, env=handed_on)
    end_with_the_terminal()
    supervisor.loop()
    ended = supervisor.ended_by_itself
    if ended:
        error.write(
            f"The {ended} ended by itself, so everything was stopped. The lines above say why; "
            "“certiflow doctor” looks for what has to be mended.\n"
        )
    return 1 if ended else 0


def end_with_the_terminal() -> None:
    """The processes have sessions of their own: nobody else would tell them it was closed."""
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
