"""Signing in: people are added by an administrator, never by themselves."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from liangqing.people.models import User


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up, no mail."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Security notes by mail need a mail server and an address; neither is known here."""


def display(user: User) -> str:
    return user.name
