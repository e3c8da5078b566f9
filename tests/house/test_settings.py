"""Settings: read once, without a database, and the surroundings decide."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

_ASK = """
import json
from django.conf import settings
base = settings.DATABASES["default"]
print(json.dumps({
    "language": settings.LANGUAGE_CODE, "zone": settings.TIME_ZONE, "home": str(settings.HOME), "host": base["HOST"],
    "engine": base["ENGINE"],
}))
"""


def settings_in(**environment: str) -> dict[str, str]:
    """The settings a new process has with this environment and no other."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    kept["DJANGO_SETTINGS_MODULE"] = "liangqing.house.settings"
    asked = subprocess.run(
        [sys.executable, "-c", _ASK], env=kept | environment, capture_output=True, text=True, check=True
    )
    told: dict[str, str] = json.loads(asked.stdout)
    return told


def test_settings_are_read_without_any_surroundings() -> None:
    told = settings_in()
    assert told["language"] == "zh-hans"
    assert told["zone"] == "Asia/Shanghai"
    assert told["engine"] == "django.db.backends.postgresql"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
        ({"LANG": "C.UTF-8"}, "zh-hans"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LIANGQING_LANGUAGE": "zh-hans"}, "zh-hans"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_terminals(environment: dict[str, str], language: str) -> None:
    assert settings_in(**environment)["language"] == language


def test_a_server_is_used_when_one_is_named() -> None:
    assert settings_in(DATABASE_URL="postgres://someone@db.example:5432/books")["host"] == "db.example"


def test_no_business_number_hides_in_the_settings() -> None:
    """Those of the framework and of signing in (how long a session lasts) say how the house is run."""
    from django.conf import global_settings

    from liangqing.house import settings as file

    numbers = {name for name in vars(file) if name.isupper() and type(getattr(file, name)) in (int, float)}
    ours = {
        name for name in numbers if not hasattr(global_settings, name) and not name.startswith(("ACCOUNT_", "MFA_"))
    }
    assert not ours, "business numbers are policy"


def test_every_room_with_models_is_installed() -> None:
    from pathlib import Path

    rooms = {f"liangqing.{path.parent.name}" for path in Path(settings.ROOT).glob("*/apps.py")}
    assert rooms <= set(settings.INSTALLED_APPS)
