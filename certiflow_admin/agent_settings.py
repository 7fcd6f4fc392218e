"""The settings of the agent site: the product's, without what only people need."""

from certiflow_admin.settings import *  # noqa: F403

ROOT_URLCONF = "certiflow_admin.agent_urls"
WSGI_APPLICATION = "certiflow_admin.agent_wsgi.application"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "pki"]
# No sessions, no forms, no pages: who calls is in the TLS connection, and answers are JSON.
# What is left: limits of bodies, lengths of answers, no caching of what is not published.
MIDDLEWARE = [
    "pki.no_store.NoStoreMiddleware",
    "certiflow_admin.body_limit.BodyLimitMiddleware",
    "django.middleware.common.CommonMiddleware",
]
BODY_TOO_LARGE_VIEW = "pki.agent_site.problems.body_too_large"
APPEND_SLASH = False
CONNECTIONS_PER_ADDRESS = AGENT_CONNECTIONS_PER_ADDRESS  # noqa: F405
if DATABASES["default"]["ENGINE"].endswith(".postgresql"):  # noqa: F405
    # More threads than connections: most of them wait for an agent, not for the database.
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {  # noqa: F405
        "min_size": 1,
        "max_size": 10,
    }
