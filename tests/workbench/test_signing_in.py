"""Signing in: a password, then a code for those who want one; nobody lets oneself in for the first time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import get_resolver

from liangqing.people.models import User
from tests.workbench.institution import PASSWORD, Institution


def sign_in(client: Client, username: str = "lin", password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": username, "password": password})


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app on the phone shows now, or half-minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def is_in(client: Client) -> bool:
    return bool(client.get("/me/").status_code == 200)


def test_the_right_password_leads_to_the_page_that_was_asked_for(house_of_people: Institution) -> None:
    client = Client()
    asked = client.get("/me/")
    answer = client.post(asked.headers["Location"], {"login": "lin", "password": PASSWORD, "next": "/me/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/")
    assert is_in(client)


def test_a_wrong_password_is_refused_in_a_sentence_that_tells_nothing(house_of_people: Institution) -> None:
    client = Client()
    answers = [sign_in(client, name, "wrong password") for name in ("lin", "nobody")]
    assert [answer.status_code for answer in answers] == [422, 422]
    known, unknown = (answer.content.decode() for answer in answers)
    sentence = "您提供的用户名或密码不正确"
    assert sentence in known and sentence in unknown, known
    assert not is_in(client)


def test_a_name_is_closed_for_a_while_after_five_wrong_passwords(house_of_people: Institution) -> None:
    client = Client()
    for _ in range(5):
        sign_in(client, "lin", "wrong password")
    answer = sign_in(client)
    assert "登录失败次数过多" in answer.content.decode()
    assert not is_in(client)
    assert sign_in(Client(), "wang").status_code == 302, "others come in"


def test_somebody_who_left_does_not_come_in(house_of_people: Institution) -> None:
    User.objects.filter(username="lin").update(is_active=False)
    client = Client()
    sign_in(client)
    assert not is_in(client)


def test_somebody_who_leaves_is_out_at_once(house_of_people: Institution) -> None:
    client = Client()
    sign_in(client)
    assert is_in(client)
    User.objects.filter(username="lin").update(is_active=False)
    assert not is_in(client)


def test_a_person_without_a_password_does_not_come_in(house_of_people: Institution) -> None:
    person = house_of_people.user("lin")
    person.set_unusable_password()
    person.save()
    client = Client()
    for attempt in ("", person.password):
        sign_in(client, "lin", attempt)
    assert not is_in(client)


def test_there_is_no_address_to_sign_up_or_to_ask_for_a_password(house_of_people: Institution) -> None:
    assert not [name for name in _names(get_resolver()) if re.search(r"signup|sign_up|reset_password|email", name)]
    for url in ("/accounts/signup/", "/accounts/password/reset/", "/accounts/email/"):
        assert Client().get(url).status_code == 404


def _names(resolver: Any) -> Iterator[str]:
    for each in resolver.url_patterns:
        if hasattr(each, "url_patterns"):
            yield from _names(each)
        elif each.name:
            yield each.name


@pytest.mark.parametrize("password", ["short", "1234567890", "password123", "lin"])
def test_a_weak_password_is_refused_in_a_sentence(house_of_people: Institution, password: str) -> None:
    client = Client()
    sign_in(client)
    form = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    answer = client.post("/accounts/password/change/", form)
    assert answer.status_code == 422 and "密码" in answer.content.decode()
    assert User.objects.get(username="lin").check_password(PASSWORD)


def test_a_new_password_is_taken(house_of_people: Institution) -> None:
    client, new = Client(), "换一个更长的口令"
    new = f"{new}2026"
    sign_in(client)
    answer = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert sign_in(Client(), "lin", new).status_code == 302
    assert not is_in(_tried(PASSWORD))


def _tried(password: str) -> Client:
    client = Client()
    sign_in(client, "lin", password)
    return client


@pytest.fixture
def secret(house_of_people: Institution) -> str:
    """林晓 turned the second step on; what the phone keeps."""
    client = Client()
    sign_in(client)
    asked = client.get("/accounts/2fa/totp/activate/")
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/"), "the password is asked for again"
    answer = client.post(asked.headers["Location"], {"password": PASSWORD, "next": "/accounts/2fa/totp/activate/"})
    assert answer.headers["Location"] == "/accounts/2fa/totp/activate/"
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = str(client.session["mfa.totp.secret"])
    assert secret in page and "svg" in page, "both to type and to photograph"
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000" if code_of(secret) != "000000" else "1"})
    assert wrong.status_code in (200, 422) and not Authenticator.objects.exists()
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer.status_code == 302
    assert Authenticator.objects.filter(user__username="lin", type="totp").exists()
    return secret


def test_with_a_second_step_the_password_alone_opens_nothing(secret: str) -> None:
    client = Client()
    answer = sign_in(client)
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)
    assert "验证" in client.get("/accounts/2fa/authenticate/").content.decode()


def test_the_code_of_the_phone_opens_the_door(secret: str) -> None:
    client = Client()
    sign_in(client)
    answer = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, steps=1)})
    assert answer.status_code == 302 and is_in(client)


def test_a_wrong_code_does_not(secret: str) -> None:
    client = Client()
    sign_in(client)
    wrong = next(code for code in ("123456", "654321", "111111", "222222") if code not in _near(secret))
    client.post("/accounts/2fa/authenticate/", {"code": wrong})
    assert not is_in(client)


def _near(secret: str) -> set[str]:
    return {code_of(secret, steps=steps) for steps in range(-2, 3)}


def test_a_code_opens_the_door_only_once(secret: str) -> None:
    code = code_of(secret, steps=1)
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
    assert is_in(first) and not is_in(second)


def test_a_recovery_code_opens_the_door_when_the_phone_is_lost(secret: str) -> None:
    client = Client()
    sign_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, steps=1)})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/2fa/recovery-codes/generate/")
    codes = Authenticator.objects.get(user__username="lin", type="recovery_codes").wrap().get_unused_codes()
    lost = Client()
    sign_in(lost)
    lost.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert is_in(lost)


def test_signing_in_works_in_a_browser(browser_page: Any) -> None:
    page = browser_page()
    page.goto("/me/")
    page.get_by_label("用户名").fill("lin")
    page.get_by_label("密码").fill(PASSWORD)
    page.locator(".lq-sign button.btn-primary").click()
    page.wait_for_url("**/me/")
    assert "林晓" in page.locator("main").inner_text()
