from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.imports.models import Import
from liangqing.kit.lifecycle import Lifecycle, Move


class Upload(models.Model):
    """A file put down to be imported: how it is to be read, what was found in it, and what became of it.

    The file stands in the data folder until it has landed, or for seven days.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be checked")
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked, not imported yet")
        REFUSED = "refused", _("can’t be read like this")
        QUEUED = "queued", _("waiting to be imported")
        LANDING = "landing", _("being imported")
        LANDED = "landed", _("imported")
        DROPPED = "dropped", _("put away")

    file = models.TextField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(help_text="bytes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    language = models.CharField(max_length=10, help_text="in which sentences and error files are written")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    step = models.CharField(max_length=16, blank=True, help_text="what is being done with it now")
    kind = models.CharField(max_length=16, blank=True, help_text="what it was found to be")
    choices = models.JSONField(default=dict, help_text="how it is to be read, as chosen on the page")
    found_stored = models.TextField(blank=True, help_text="what the check found, sealed: it quotes rows")
    refusal = models.TextField(blank=True, help_text="why it can't be read or did not land")
    books = models.BigIntegerField(default=0, help_text="the last import when it was checked")
    error_file = models.TextField(blank=True, help_text="path of the rows with problems, below the data folder")
    imported = models.ForeignKey(Import, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["-id"],
                name="workbench_upload_open",
                condition=~models.Q(state__in=("landed", "dropped")),
            )
        ]


_S = Upload.State
UPLOAD = Lifecycle(
    "state",
    (
        Move("check", (_S.WAITING, _S.CHECKING), _S.CHECKING),
        Move("find", (_S.CHECKING,), _S.CHECKED),
        Move("refuse", (_S.CHECKING, _S.LANDING), _S.REFUSED),
        Move("read otherwise", (_S.CHECKED, _S.REFUSED, _S.WAITING), _S.WAITING),
        Move("queue", (_S.CHECKED,), _S.QUEUED),
        Move("begin", (_S.QUEUED, _S.LANDING), _S.LANDING),
        Move("land", (_S.LANDING,), _S.LANDED),
        Move("put away", (_S.WAITING, _S.CHECKED, _S.REFUSED), _S.DROPPED),
    ),
)
