"""The settings of the public site: what is published, and nothing that a caller could change.

It opens OCSP responders and nothing else: neither the key ring nor the key that signs cookies
is read, from wherever they come.
"""

import os
import secrets
from pathlib import Path

from certiflow_admin.environment import instead

# Also in place of what `.env` says; nothing here is signed with the new SECRET_KEY.
with instead(
    CERTIFLOW_MASTER_KEYS="",
    CERTIFLOW_MASTER_KEYS_FILE="",
    EMAIL_URL="",
    SECRET_KEY=secrets.token_urlsafe(64),
):
    from certiflow_admin.settings import *  # noqa: F403

WITHOUT_MASTER_KEYS = True
MASTER_KEYS, MASTER_KEYS_FILE = "", Path(os.devnull)
ROOT_URLCONF = "certiflow_admin.public_urls"
WSGI_APPLICATION = "certiflow_admin.public_wsgi.application"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "pki"]
# Clients fetch revocation lists before they trust TLS: nothing here leads them to https.
# What is left: limits of bodies, lengths of answers, no caching of what is not published.
MIDDLEWARE = [
    "pki.no_store.NoStoreMiddleware",
    "certiflow_admin.body_limit.BodyLimitMiddleware",
    "django.middleware.common.CommonMiddleware",
]
BODY_TOO_LARGE_VIEW = "pki.publication.views.body_too_large"
APPEND_SLASH = False
