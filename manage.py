#!/usr/bin/env python
"""The same commands as `certiflow`, for those who look for manage.py."""

import sys

from certiflow_admin.command_line import main

if __name__ == "__main__":
    sys.exit(main())
