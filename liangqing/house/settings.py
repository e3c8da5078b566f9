"""The one settings file. It holds how the house is run, never a business number: those are policy.

From the environment: ``LIANGQING_HOME`` the data folder, ``DATABASE_URL`` a PostgreSQL server (15 or newer; the
embedded one when unset), ``LIANGQING_KEY`` the master key, ``LIANGQING_LANGUAGE`` zh-hans or en,
``LIANGQING_TIME_ZONE``, ``LIANGQING_SECRET`` (signs sessions; made in the data folder when unset), ``LIANGQING_HOSTS``
the names the pages are served under, ``LIANGQING_HTTPS`` when a proxy in front speaks TLS, ``LIANGQING_PUBLIC_URL`` the
https address under which customers reach ``/unsubscribe/``, ``LIANGQING_SPARK`` and ``LIANGQING_SHARED`` when nights run
on a cluster.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from liangqing.house.language import spoken

env = environ.Env()

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(env.str("LIANGQING_HOME", default="~/.liangqing")).expanduser()


def _secret() -> str:
    """What signs sessions, kept in the data folder; losing it only signs everybody out."""
    if given := env.str("LIANGQING_SECRET", default=""):
        return str(given)
    path = HOME / "keys" / "session.key"
    with contextlib.suppress(FileExistsError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


def _public_url() -> str:
    given = str(env.str("LIANGQING_PUBLIC_URL", default="")).rstrip("/")
    if given and (not given.startswith("https://") or not urlsplit(given).hostname or re.search(r"[\s<>,?#]", given)):
        raise ImproperlyConfigured("LIANGQING_PUBLIC_URL must be an https address, as https://bills.example.com")
    return given


DEBUG = False
SECRET_KEY = _secret()
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "template_partials",
    "procrastinate.contrib.django",
    "liangqing.trail",
    "liangqing.policy",
    "liangqing.nightly",
    "liangqing.imports",
    "liangqing.people",
    "liangqing.approvals",
    "liangqing.parties",
    "liangqing.receivables",
    "liangqing.warning",
    "liangqing.outreach",
    "liangqing.cases",
    "liangqing.oversight",
    "liangqing.workbench",
    "liangqing.api",
    "liangqing.house",
]
AUTH_USER_MODEL = "people.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres:///liangqing")}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"].setdefault("OPTIONS", {})
USE_TZ = True
TIME_ZONE = env.str("LIANGQING_TIME_ZONE", default="Asia/Shanghai")
TODAY = env.str("LIANGQING_TODAY", default="")
"""For demonstrations: the day the house plays when it starts, as 2026-06-30; or day and hour, as 2026-06-30T14:00."""
USE_I18N = True
LANGUAGE_CODE = spoken()
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = ["liangqing.house.formats"]
"""Thousands are grouped in Chinese pages too, and dates are ISO."""
SPARK = env.str("LIANGQING_SPARK", default="")
"""Where nights run: the address of a Spark master, as spark://host:7077; on this machine when unset."""
SHARED = env.str("LIANGQING_SHARED", default="")
"""A folder that this machine and all Spark workers see under one name."""

# The faces ------------------------------------------------------------------------------------------------------------

ROOT_URLCONF = "liangqing.house.urls"
ALLOWED_HOSTS = env.list("LIANGQING_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
HTTPS = env.bool("LIANGQING_HTTPS", default=False)
PUBLIC_URL = _public_url()
"""Where customers reach what is meant for them, as https://bills.example.com: nothing but ``/unsubscribe/`` need be let
through there. Empty: mails name an address to write to instead."""
if PUBLIC_URL:
    ALLOWED_HOSTS.append(urlsplit(PUBLIC_URL).hostname or "")
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "liangqing.workbench.middleware.SignedIn",
    "liangqing.workbench.middleware.Refusals",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "workbench" / "templates"],  # before allauth's own
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "liangqing.workbench.shell.shell",
            ],
            "builtins": ["liangqing.workbench.templatetags.lq", "django.templatetags.i18n"],
        },
    }
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/workbench/assets/.+$"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 86400 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
LANGUAGE_COOKIE_NAME = "liangqing_language"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20
WEBHOOK_NETWORKS = env.list("LIANGQING_WEBHOOK_NETWORKS", default=[])
"""Networks inside the house that webhooks may reach, as 10.0.0.0/8; else only public addresses."""
FILE_UPLOAD_TEMP_DIR = None

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "liangqing.workbench.signing.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_USER_DISPLAY = "liangqing.workbench.signing.display"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Liangqing"
MFA_TOTP_TOLERANCE = 1
