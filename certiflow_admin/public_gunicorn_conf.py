"""How gunicorn serves the public site; every name here is one of gunicorn's settings."""

import os

# Before anything looks at a setting: `certiflow up` hands on its own.
os.environ["DJANGO_SETTINGS_MODULE"] = "certiflow_admin.public_settings"

from django.conf import settings

from certiflow_admin.gunicorn_conf import *  # noqa: F403

bind = settings.PUBLIC_BIND
proc_name = "certiflow-public-site"
# Everything it serves is signed by itself.
certfile = keyfile = None  # type: ignore[assignment]
del ssl_context  # noqa: F821
