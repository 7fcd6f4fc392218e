"""The product's settings, in a throw-away directory and with nothing slow on purpose."""

import os
import tempfile

os.environ["CERTIFLOW_DATA_DIR"] = tempfile.mkdtemp(prefix="certiflow-tests-")
os.environ.setdefault("CERTIFLOW_HOST", "admin.example.test")
# What is connected to in tests listens on this machine.
os.environ["CERTIFLOW_ALLOW_LOOPBACK"] = "on"
os.environ["CACHE_URL"] = "locmemcache://"
os.environ["EMAIL_URL"] = "memorymail://"

from certiflow_admin.settings import *  # noqa: F403

# As every command has it.
os.umask(0o077)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MASTER_KEYS = "dGVzdHMgdXNlIHRoaXMga2V5LCBub2JvZHkgZWxzZSE="
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in use: threads that share a database in memory get errors of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "tests.sqlite3")}  # noqa: F405
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
