from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit import sealing
from liangqing.outreach.models.message import Message


class MessageFile(models.Model):
    """A file that goes with an e-mail, known by its hash as ``kit.files`` keeps it: handed in with it, or a letter or
    statement that is made when it leaves, of what is owed then (no hash before; the last one when it was tried again).
    """

    class Kind(models.TextChoices):
        LETTER = "letter", _("letter of demand")
        STATEMENT = "statement", _("statement of open bills")
        UPLOAD = "upload", _("file handed in")

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=9, choices=Kind)
    media_type = models.CharField(max_length=100, help_text="of a statement: in which form it is wanted")
    name_stored = models.TextField(blank=True, default="", help_text="sealed: the name under which it goes")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    size = models.BigIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(null=True, help_text="when a letter or statement was made")

    @property
    def name(self) -> str:
        return sealing.unseal(self.name_stored) if self.name_stored else ""
