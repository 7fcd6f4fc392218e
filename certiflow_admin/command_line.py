"""The entry point of `certiflow` and of manage.py."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certiflow_admin.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
