"""The product's sites as `certiflow up` starts them; the driver takes the clock's part."""

import sys

import django

from simulation.parent import end_with_parent


def main() -> int:
    end_with_parent()
    django.setup()
    from certiflow_admin.up import PROCESSES, up

    return up(sys.stdout, [process for process in PROCESSES if process.bind_setting])


if __name__ == "__main__":
    sys.exit(main())
