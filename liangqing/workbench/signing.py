"""Signing in: people are added by an administrator, never by themselves; their passwords they choose."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from liangqing.people.actions import staff
from liangqing.people.models import User


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up, no mail; a password is set by the action that tells the trail."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def clean_password(self, password: str, user: User | None = None) -> str:
        """Another one than before: what somebody else gave is known to two."""
        if user is not None and user.pk and user.check_password(password):
            raise ValidationError(_("This is the password you have. Choose another one."))
        return str(super().clean_password(password, user))

    def set_password(self, user: User, password: str) -> None:
        staff.set_password(user, password, user)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("start")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Security notes by mail need a mail server and an address; neither is known here."""


def display(user: User) -> str:
    return user.name
