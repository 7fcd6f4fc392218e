"""The WSGI application of the agent site."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certiflow_admin.agent_settings")
application = get_wsgi_application()
