"""Every setting of the product, from the environment or `.env`; read top to bottom."""

import socket
from pathlib import Path

import environ

from certiflow_admin.environment import (
    Setting,
    address_list,
    bind_address,
    body_size,
    connections,
    mail_address,
    optional_bind_address,
    proxy_certificate,
    proxy_secret,
    seconds,
    secret_key,
    url,
)

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
setting = Setting(env)

# --- Where things are -------------------------------------------------------

DATA_DIR = Path(setting.text("CERTIFLOW_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
#: The name in links and in this host's certificate.
HOST = setting.text("CERTIFLOW_HOST", default=socket.getfqdn()).lower()
DASHBOARD_BIND = setting.parsed("CERTIFLOW_DASHBOARD_BIND", bind_address, default="0.0.0.0:8443")
AGENT_BIND = setting.parsed("CERTIFLOW_AGENT_BIND", bind_address, default="0.0.0.0:3003")
#: Plain HTTP for what anyone may read, since clients fetch CRLs before they trust TLS; empty: off.
PUBLIC_BIND = setting.parsed("CERTIFLOW_PUBLIC_BIND", optional_bind_address, default="")
#: Where people open the dashboard: the base of links in messages.
DASHBOARD_URL = setting.parsed(
    "CERTIFLOW_DASHBOARD_URL",
    url,
    default=f"https://{HOST}:{DASHBOARD_BIND.rpartition(':')[2]}".removesuffix(":443"),
)
#: Base of the CRL, OCSP and CA addresses written into certificates; empty: none are written.
PUBLIC_URL = setting.parsed("CERTIFLOW_PUBLIC_URL", url, default="")
TRUSTED_PROXIES = setting.parsed("CERTIFLOW_TRUSTED_PROXIES", address_list, default="")
#: How the proxy writes a workstation's certificate into a header; pki.agent_site.proxy_headers.
PROXY_CERTIFICATE = setting.parsed(
    "CERTIFLOW_PROXY_CERTIFICATE", proxy_certificate, default="nginx"
)
#: Whether probes, webhooks and chats may connect to other services of this machine.
ALLOW_LOOPBACK = setting.boolean("CERTIFLOW_ALLOW_LOOPBACK", default=False)
AUTOMATIC_REGISTRATION = setting.boolean("CERTIFLOW_AUTOMATIC_REGISTRATION", default=False)
#: Seconds between two questions of an agent.
AGENT_POLL_SECONDS = setting.parsed("CERTIFLOW_AGENT_POLL_SECONDS", seconds, default="300")

# --- Limits -----------------------------------------------------------------

#: Bytes of a request's body; more is answered with 413 before anything parses it.
MAX_BODY_BYTES = setting.parsed("CERTIFLOW_MAX_BODY_BYTES", body_size, default=str(4 * 1024 * 1024))
#: What answers then, in the manner of the site.
BODY_TOO_LARGE_VIEW = "pki.dashboard.too_large.body_too_large"
#: Connections of one address (IPv6: /64) to each process of a site. For more of them the one
#: that has waited longest is closed. Trusted proxies have no limit.
CONNECTIONS_PER_ADDRESS = setting.parsed(
    "CERTIFLOW_CONNECTIONS_PER_ADDRESS", connections, default="100"
)
#: Many agents may stand behind one address.
AGENT_CONNECTIONS_PER_ADDRESS = setting.parsed(
    "CERTIFLOW_AGENT_CONNECTIONS_PER_ADDRESS", connections, default="1000"
)

# --- Secrets ----------------------------------------------------------------

#: The key ring of the vault: in the environment, or a file that is made at first start.
MASTER_KEYS = setting.text("CERTIFLOW_MASTER_KEYS", default="")
MASTER_KEYS_FILE = Path(
    setting.text("CERTIFLOW_MASTER_KEYS_FILE", default=str(DATA_DIR / "master_keys"))
)
#: Derived from the key ring and written by the product: all that the public site can open.
RESPONDER_KEYS_FILE = Path(
    setting.text("CERTIFLOW_RESPONDER_KEYS_FILE", default=str(DATA_DIR / "responder_keys"))
)
#: Whether this process may not have the key ring: true on the public site.
WITHOUT_MASTER_KEYS = False
SECRET_KEY = secret_key(setting.text("SECRET_KEY", default=""), DATA_DIR / "secret_key")

#: What a proxy proves itself by; empty: no header about a client's certificate is believed.
PROXY_SECRET = setting.secret("CERTIFLOW_PROXY_SECRET", proxy_secret)

#: Lets a monitoring system read /metrics; empty: this machine only, if no proxy on it is trusted.
METRICS_TOKEN = setting.text("CERTIFLOW_METRICS_TOKEN", default="")

# --- Django -----------------------------------------------------------------

DEBUG = False
#: The TLS certificate names the host; behind a load balancer any name may be right.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "certiflow_admin.urls"
WSGI_APPLICATION = "certiflow_admin.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    # Its widget templates, among which ours are found first.
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_tables2",
    "django_tasks",
    "django_tasks_db",
    "pki",
]

MIDDLEWARE = [
    "pki.no_store.NoStoreMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    # Before whatever reads a form.
    "certiflow_admin.body_limit.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "pki.dashboard.middleware.SetupFirstMiddleware",
    # Before the rules: an idle session ends, and a missing second factor is added, before
    # anything else is asked for.
    "pki.dashboard.accounts.sign_in_middleware.SignInPolicyMiddleware",
    # Every page asks for what its rule says: sign-in, role, fresh sign-in; without a rule, nobody.
    "pki.dashboard.access_middleware.AccessMiddleware",
    "pki.dashboard.middleware.ZoneMiddleware",
    "pki.dashboard.middleware.RefusalMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pki.dashboard.context.dashboard",
            ],
            "libraries": {"dashboard": "pki.dashboard.templatetags.dashboard"},
        },
    }
]
FORM_RENDERER = "pki.dashboard.form_rendering.TablerRenderer"

# --- Database, cache, mail --------------------------------------------------

DATABASES = {
    "default": setting.database(
        "DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'certiflow.sqlite3'}"
    )
}
#: In the database by default, so that rate limits hold across processes with no other service.
CACHES = setting.caches("CACHE_URL", default="dbcache://certiflow_cache")
vars().update(setting.email("EMAIL_URL", default="consolemail://"))
#: Seconds for each answer of the mail server.
EMAIL_TIMEOUT = 20
#: Whom mail comes from.
DEFAULT_FROM_EMAIL = setting.parsed(
    "CERTIFLOW_MAIL_FROM", mail_address, default=f"CertiFlow Admin <certiflow@{HOST}>"
)

#: The database is the queue of what runs by the clock.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# --- People -----------------------------------------------------------------

AUTH_USER_MODEL = "pki.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "pki.actions.password_validation.GuessValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "pki.dashboard.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"change_password": "pki.dashboard.accounts.password_forms.ChangePasswordForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
#: Nobody is asked: a session ends with the browser or after SESSION_COOKIE_AGE.
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
#: Seconds for which a password or passkey counts as fresh.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
#: By address, and by name and address: a name alone is never locked, since a stranger could then
#: lock out the person. From addresses that never signed in with it (“strangers”) it is slow.
ACCOUNT_RATE_LIMITS = {
    "password": "10/m/ip",
    "password_here": "5/5m/key",
    "password_strangers": "10/15m/key",
    "password_strangers_slow": "1/20s/key",
    # A code has six digits: one a minute takes years, with the password known.
    "second_factor": "10/m/ip",
    "second_factor_here": "5/5m/key",
    "second_factor_strangers": "10/h/key",
    "second_factor_strangers_slow": "1/m/key",
    # 60 random bits are out of reach of guessing long before this.
    "setup_code": "20/m/ip",
}
#: Seals what makes one-time and recovery codes.
MFA_ADAPTER = "pki.dashboard.accounts.second_factors.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "CertiFlow Admin"
#: Wrong passkeys and security keys are written to the audit trail.
MFA_FORMS = {
    "authenticate_webauthn": "pki.dashboard.accounts.passkey_forms.AuthenticateForm",
    "login_webauthn": "pki.dashboard.accounts.passkey_forms.LoginForm",
    "reauthenticate_webauthn": "pki.dashboard.accounts.passkey_forms.ReauthenticateForm",
}

# --- HTTP -------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-certiflow-session"
CSRF_COOKIE_NAME = "__Host-certiflow-csrf"
#: The table keeps only a hash of the cookie's value.
SESSION_ENGINE = "pki.dashboard.accounts.sessions"
SESSION_COOKIE_AGE = 8 * 60 * 60
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_REDIRECT_EXEMPT: list[str] = [r"^pki/", r"^ocsp/", r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_SSL_REDIRECT = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    # This host's certificate covers this host only; its neighbours are not ours to pin.
    "security.W005",
    "security.W021",
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Language and time ------------------------------------------------------

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- Tables and logs --------------------------------------------------------

DJANGO_TABLES2_TEMPLATE = "tables/table.html"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "certiflow": {"level": "INFO"},
        "pki": {"level": "INFO"},
        # An address that is called may hold a token.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "apprise": {"level": "ERROR"},
        # Every run of a job is kept in the database.
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "ERROR"},
        # What strangers ask for in vain is not worth a line each.
        "django.request": {"level": "ERROR"},
        # Nor a traceback: hosts that are none, forms without a token, too many fields.
        "django.security": {"level": "CRITICAL"},
    },
}
