"""The one settings file. It holds how the house is run, never a business number: those are policy.

From the environment: ``LIANGQING_HOME`` the data folder, ``DATABASE_URL`` a PostgreSQL server (15 or newer; the
embedded one when unset), ``LIANGQING_KEY`` the master key, ``LIANGQING_LANGUAGE`` zh-hans or en,
``LIANGQING_TIME_ZONE``, ``LIANGQING_SECRET``.
"""

from __future__ import annotations

import os
from pathlib import Path

import environ

env = environ.Env()

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(env.str("LIANGQING_HOME", default="~/.liangqing")).expanduser()


def _language() -> str:
    """The language asked for, else the terminal's, else Chinese."""
    wanted: str = env.str("LIANGQING_LANGUAGE", default="")
    spoken = wanted or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if spoken.lower().startswith("en") else "zh-hans"


DEBUG = False
SECRET_KEY = env.str("LIANGQING_SECRET", default="only-signs-sessions-and-there-are-none-yet")
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "liangqing.trail",
    "liangqing.policy",
    "liangqing.nightly",
    "liangqing.imports",
    "liangqing.people",
    "liangqing.parties",
    "liangqing.receivables",
    "liangqing.warning",
    "liangqing.cases",
    "liangqing.house",
]
AUTH_USER_MODEL = "people.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres:///liangqing")}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"].setdefault("OPTIONS", {})
USE_TZ = True
TIME_ZONE = env.str("LIANGQING_TIME_ZONE", default="Asia/Shanghai")
USE_I18N = True
LANGUAGE_CODE = _language()
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
