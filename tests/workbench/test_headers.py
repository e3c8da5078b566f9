"""What every answer carries: what browsers may do with it, how long, and with whose cookies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests.workbench.institution import PASSWORD, Institution

BUILT = Path(settings.ROOT) / "workbench" / "static" / "workbench"

_ASK = """
import json
from django.conf import settings
names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_PROXY_SSL_HEADER", "SECURE_HSTS_SECONDS")
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def policy_of(response: Any) -> dict[str, list[str]]:
    """The content policy of an answer, by directive."""
    parts = (part.split() for part in response.headers["Content-Security-Policy"].split(";") if part.strip())
    return {name: values for name, *values in parts}


def signed_in(username: str = "lin") -> Client:
    """Somebody who came in through the sign-in page."""
    client = Client()
    answer = client.post("/accounts/login/", {"login": username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


@pytest.mark.parametrize("url", ["/accounts/login/", "/me/", "/health/", "/nowhere/"])
def test_only_our_own_scripts_run(standing_house: Institution, url: str) -> None:
    policy = policy_of(standing_house.client_of("lin").get(url))
    assert policy["script-src"] == ["'self'"]
    assert policy["default-src"] == policy["connect-src"] == policy["style-src"] == ["'self'"]
    assert policy["object-src"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["form-action"] == policy["base-uri"] == ["'self'"]


@pytest.mark.parametrize("url", ["/accounts/login/", "/me/", "/health/", "/nowhere/"])
def test_an_answer_is_not_guessed_at_framed_or_told_elsewhere(standing_house: Institution, url: str) -> None:
    headers = standing_house.client_of("lin").get(url).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_no_page_has_a_script_or_a_handler_written_into_it(standing_house: Institution) -> None:
    for url in ("/accounts/login/", "/me/"):
        text = standing_house.client_of("lin").get(url).content.decode()
        scripts = [part.partition(">")[0] for part in text.split("<script")[1:]]
        assert all("src=" in script or "application/json" in script for script in scripts), url
        assert " onclick=" not in text and " hx-on" not in text and "javascript:" not in text, url


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(standing_house: Institution) -> None:
    cookie = signed_in().cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] in ("Lax", "Strict")
    assert not cookie["secure"], "only behind TLS"
    token = Client().get("/accounts/login/").cookies[settings.CSRF_COOKIE_NAME]
    assert token["samesite"] in ("Lax", "Strict")


def test_a_session_ends_with_the_working_day(standing_house: Institution) -> None:
    session = signed_in().session
    assert session.get_expire_at_browser_close(), "and with the browser"
    left = session.get_expiry_date() - timezone.now()
    assert left.total_seconds() <= 12 * 3600


def test_signing_in_gives_the_session_a_new_name(standing_house: Institution) -> None:
    client = Client()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    client.post("/accounts/login/", {"login": "lin", "password": PASSWORD})
    assert client.session.session_key != session.session_key


def test_signing_out_ends_the_session(standing_house: Institution) -> None:
    client = signed_in()
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert thief.get("/me/").status_code == 200
    client.post("/accounts/logout/")
    assert thief.get("/me/").status_code == 302


def test_a_post_without_the_pages_token_is_refused(standing_house: Institution) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(standing_house.user("lin"))
    assert client.post("/accounts/logout/").status_code == 403
    assert client.get("/me/").status_code == 200, "still signed in"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example"])
def test_a_foreign_host_name_is_refused(standing_house: Institution, host: str) -> None:
    assert Client().get("/accounts/login/", headers={"host": host}).status_code == 400


def test_signing_in_leads_only_to_our_own_pages(standing_house: Institution) -> None:
    client = Client()
    answer = client.post("/accounts/login/?next=https://evil.example/", {"login": "lin", "password": PASSWORD})
    assert "evil.example" not in answer.headers["Location"]
    form = {"login": "lin", "password": PASSWORD, "next": "https://evil.example/"}
    assert "evil.example" not in Client().post("/accounts/login/", form).headers["Location"]


def test_the_language_is_switched_and_stays(standing_house: Institution) -> None:
    client = Client()
    client.force_login(standing_house.user("lin"))
    assert 'lang="zh-hans"' in client.get("/me/").content.decode()
    answer = client.post("/language/", {"language": "en", "next": "/me/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/")
    assert client.cookies["liangqing_language"]["samesite"] in ("Lax", "Strict", "")
    assert "My account" in client.get("/me/").content.decode()
    assert 'lang="en"' in client.get("/me/").content.decode()


def test_switching_the_language_leads_only_to_our_own_pages(standing_house: Institution) -> None:
    answer = Client().post("/language/", {"language": "en", "next": "https://evil.example/"})
    assert "evil.example" not in answer.headers["Location"]


def test_assets_are_kept_by_browsers_for_good_because_their_names_change(standing_house: Institution) -> None:
    manifest = json.loads((BUILT / "manifest.json").read_text())
    names = [chunk["file"] for chunk in manifest.values()]
    assert names
    for name in names:
        headers = Client().get(f"/static/workbench/{name}").headers
        assert "immutable" in headers["Cache-Control"] and "max-age=315360000" in headers["Cache-Control"], name


def test_what_has_no_hash_in_its_name_is_asked_for_again(standing_house: Institution) -> None:
    answer = Client().get("/static/workbench/favicon.svg")
    assert answer.status_code == 200 and "immutable" not in answer.headers["Cache-Control"]


def test_pages_with_data_are_not_kept_by_anybody_on_the_way(standing_house: Institution) -> None:
    control = standing_house.client_of("lin").get("/me/").headers.get("Cache-Control", "")
    assert "no-store" in control or ("private" in control and "no-cache" in control)


def test_the_health_page_answers_without_signing_in_and_says_nothing_else(standing_house: Institution) -> None:
    answer = Client().get("/health/")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_a_page_that_is_not_there_gives_nothing_away(standing_house: Institution) -> None:
    answer = standing_house.client_of("lin").get("/nowhere/")
    assert answer.status_code == 404
    assert b"Traceback" not in answer.content and b"urlpatterns" not in answer.content


def _settings_in(**environment: str) -> dict[str, Any]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LIANGQING_HOME") if name in os.environ}
    kept["DJANGO_SETTINGS_MODULE"] = "liangqing.house.settings"
    asked = subprocess.run([sys.executable, "-c", _ASK], env=kept | environment, capture_output=True, check=True)
    told: dict[str, Any] = json.loads(asked.stdout)
    return told


def test_behind_tls_cookies_travel_only_over_it_and_browsers_remember_to_use_it() -> None:
    told = _settings_in(LIANGQING_HTTPS="1")
    assert told["SESSION_COOKIE_SECURE"] and told["CSRF_COOKIE_SECURE"]
    assert told["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert told["SECURE_HSTS_SECONDS"] >= 180 * 86400


def test_without_tls_nothing_pretends_there_is() -> None:
    told = _settings_in()
    assert not told["SESSION_COOKIE_SECURE"] and not told["CSRF_COOKIE_SECURE"]
    assert told["SECURE_PROXY_SSL_HEADER"] is None
    assert told["SECURE_HSTS_SECONDS"] == 0
