from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit import sealing
from liangqing.outreach.channels.kinds import FIELDS, Kind
from liangqing.outreach.channels.lifecycle import TemplateState
from liangqing.outreach.channels.pace import Limits
from liangqing.outreach.kinds import Channel


class Provider(models.Model):
    """Somebody who carries what we send, or a mailbox: which, with what settings, how fast, and in which order.

    ``config`` holds the settings its kind asks for (``channels.kinds.FIELDS``), secrets sealed. Of several active
    providers of a channel the lowest ``order`` is used; ``moves_on`` names the faults for which the next one may be
    tried. ``own_route``: an own number, or a route contracted for it, so that text which presses for payment may go by
    it (T15). ``for_staff``: carries alerts to staff and nothing to anybody else.
    """

    kind = models.CharField(max_length=16, choices=Kind)
    channel = models.CharField(max_length=16, choices=Channel)
    name = models.CharField(max_length=100, unique=True)
    config = models.JSONField(default=dict)
    order = models.PositiveSmallIntegerField(default=1)
    moves_on = ArrayField(models.CharField(max_length=16), default=list)
    per_second = models.PositiveIntegerField(null=True)
    per_minute = models.PositiveIntegerField(null=True)
    per_day = models.PositiveIntegerField(null=True)
    own_route = models.BooleanField(default=False)
    for_staff = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    stopped_at = models.DateTimeField(null=True, help_text="the stop switch: nothing goes out until it is resumed")
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="empty: the house"
    )
    stop_reason = models.CharField(max_length=300, blank=True, default="")
    tested_at = models.DateTimeField(null=True)
    test_code = models.CharField(max_length=64, blank=True, default="")
    test_passed = models.BooleanField(null=True)

    class Meta:
        ordering = ["channel", "order", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stopped_at__isnull=False) | models.Q(stopped_by__isnull=True, stop_reason=""),
                name="outreach_provider_stop_whole",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def sends(self) -> bool:
        """Whether something may be handed to it now."""
        return self.active and self.stopped_at is None

    @property
    def limits(self) -> Limits:
        return Limits(self.per_second, self.per_minute, self.per_day)

    def setting(self, name: str) -> Any:
        """A setting, unsealed, or its default."""
        field = next(field for field in FIELDS[self.kind] if field.name == name)
        value = self.config.get(name)
        if value is None:
            return field.default if field.default is not None else _EMPTY.get(field.shape)
        return sealing.unseal(value) if field.shape == "secret" else value

    def shown(self) -> Mapping[str, Any]:
        """The settings for people: of a secret, only whether there is one."""
        return {
            field.name: bool(self.config.get(field.name)) if field.shape == "secret" else self.setting(field.name)
            for field in FIELDS[self.kind]
        }


_EMPTY: Mapping[str, Any] = {"text": "", "secret": "", "flag": False, "list": (), "map": {}}


class ProviderTemplate(models.Model):
    """One of our template versions at a provider that approves texts: its code there and whether it is approved.

    ``variables``: our names of its variables in the provider's order.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="templates")
    template_code = models.CharField(max_length=64, help_text="our template version")
    their_code = models.CharField(max_length=64)
    signature = models.CharField(max_length=64, blank=True, default="", help_text="empty: the provider's usual one")
    variables = ArrayField(models.CharField(max_length=64), default=list)
    state = models.CharField(max_length=8, choices=TemplateState, default=TemplateState.WAITING)
    reason = models.CharField(max_length=300, blank=True, default="", help_text="why the provider refused")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("template at a provider")
        constraints = [
            models.UniqueConstraint(fields=["provider", "template_code"], name="outreach_provider_template_once")
        ]

    def __str__(self) -> str:
        return f"{self.template_code} → {self.their_code}"


class ProviderPace(models.Model):
    """How much of its limits a provider has used; written by whoever sends, the row locked for that moment."""

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, primary_key=True, related_name="pace")
    second_at = models.DateTimeField(null=True)
    minute_at = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    used = models.PositiveIntegerField(default=0)
