from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.kit import sealing
from liangqing.outreach.rules.language import categories
from liangqing.parties.models import Party


class Review(models.Model):
    """Words somebody wrote that the list of categories W1-W20 knows: a person looks at them, and nothing happens before.

    ``source`` is what was written, as ``record/17`` or ``message/5``; of one text there is one review. ``places`` are the
    finds: ``{"start": 3, "end": 7, "category": "W5", "severity": "block"}``, in characters of the text, which is kept
    sealed as it was checked.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("review of words", "to be looked at")
        CONFIRMED = "confirmed", pgettext_lazy("review of words", "should not have been written")
        DISMISSED = "dismissed", pgettext_lazy("review of words", "nothing wrong with it")

    class Kind(models.TextChoices):
        RECORD = "record", _("note of a contact")
        IMPORT = "import", _("imported record")
        MESSAGE = "message", _("message somebody wrote")

    source = models.CharField(max_length=48, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    case = models.CharField(max_length=32, blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    categories = ArrayField(models.CharField(max_length=4))
    places = models.JSONField()
    person = models.BooleanField(help_text="somebody vulnerable is told of (W18)")
    text_stored = models.TextField(help_text="sealed")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    conclusion_stored = models.TextField(blank=True, default="", help_text="sealed: why it was decided so")

    class Meta:
        indexes = [
            models.Index(fields=["-id"], name="outreach_review_open", condition=models.Q(state="open")),
            models.Index(fields=["author", "-id"], name="outreach_review_author"),
        ]

    @property
    def number(self) -> str:
        return f"W-{self.pk:06d}"

    @property
    def text(self) -> str:
        return sealing.unseal(self.text_stored)

    @property
    def conclusion(self) -> str:
        return sealing.unseal(self.conclusion_stored)

    def finds(self) -> list[dict[str, Any]]:
        """Each find with its words, and what the list says of its category."""
        text = self.text
        return [
            {**place, "found": text[place["start"] : place["end"]], "about": categories()[place["category"]]}
            for place in self.places
        ]
