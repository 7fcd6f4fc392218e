"""The WSGI application of the public site."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certiflow_admin.public_settings")
application = get_wsgi_application()
