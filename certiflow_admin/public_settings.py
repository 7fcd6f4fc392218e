"""The settings of the public site: what is published, and nothing that a caller could change."""

from certiflow_admin.settings import *  # noqa: F403

ROOT_URLCONF = "certiflow_admin.public_urls"
WSGI_APPLICATION = "certiflow_admin.public_wsgi.application"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "pki"]
# Clients fetch revocation lists before they trust TLS: nothing here leads them to https.
# What is left says how long an answer is.
MIDDLEWARE = [
    "certiflow_admin.body_limit.BodyLimitMiddleware",
    "django.middleware.common.CommonMiddleware",
]
BODY_TOO_LARGE_VIEW = "pki.publication.views.body_too_large"
APPEND_SLASH = False
