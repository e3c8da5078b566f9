from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CharField, DateTimeField, IntegerField

from liangqing.people.duties import Duty

MOST_CAPACITY = 1000
"""Ten full loads. Dealing compares loads for capacities up to this exactly."""


class User(AbstractUser):
    """A person of the institution.

    ``capacity`` is how much work the person carries compared with others (100 is a full load; 0 takes no new cases).
    ``skills`` are the desks the person can work at, as named in the policy's dealing table.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = CharField(max_length=100)
    department = models.ForeignKey(
        "people.Department", null=True, blank=True, on_delete=models.PROTECT, related_name="members"
    )
    position = CharField(max_length=100, blank=True)
    duties = ArrayField(CharField(max_length=16, choices=Duty), default=list, blank=True)
    skills = ArrayField(CharField(max_length=32), default=list, blank=True)
    capacity = IntegerField(default=100)
    password_given = models.BooleanField(
        default=False,
        db_default=False,
        help_text="the password came from somebody else: the person chooses another before anything else",
    )
    bell_seen_at = DateTimeField(null=True, blank=True, help_text="until when the person has seen what the bell told")

    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(capacity__range=(0, MOST_CAPACITY)), name="people_capacity"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.username})"

    def has_duty(self, duty: Duty) -> bool:
        return duty.value in self.duties
