"""The product's sites as `certiflow up` starts them; the driver takes the clock's part."""

import os
import signal
import sys
import threading
import time

import django


def main() -> int:
    threading.Thread(target=end_after, args=(os.getppid(),), daemon=True).start()
    django.setup()
    from certiflow_admin.up import PROCESSES, up

    return up(sys.stdout, [process for process in PROCESSES if process.bind_setting])


def end_after(conductor: int) -> None:
    """Nobody else would stop them when that one was killed."""
    while os.getppid() == conductor:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
