import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0007_visits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "about to be dialled"),
                            ("dialling", "being handed over"),
                            ("dialled", "dialling"),
                            ("ringing", "ringing"),
                            ("connected", "connected"),
                            ("ended", "ended"),
                            ("failed", "not dialled"),
                            ("lost", "not known how it went"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(blank=True, default="", help_text="code: why it ended or failed", max_length=64),
                ),
                ("their_id", models.CharField(blank=True, default="", max_length=200)),
                ("asked_at", models.DateTimeField()),
                (
                    "heard_at",
                    models.DateTimeField(
                        help_text="when somebody last followed it, or its provider told of it", null=True
                    ),
                ),
                ("rang", models.BooleanField(default=False)),
                ("connected_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "duration_s",
                    models.IntegerField(help_text="of the talk; 0 nobody answered, empty nobody knows", null=True),
                ),
                (
                    "recording_stored",
                    models.TextField(blank=True, default="", help_text="sealed: address of the recording"),
                ),
                (
                    "attempt",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="call", to="outreach.attempt"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="outreach.provider",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(state__in=["asked", "dialling", "dialled", "ringing", "connected"]),
                        fields=("by",),
                        name="outreach_call_one_each",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(channel="phone", outcome="open"), fields=["at"], name="outreach_attempt_open"
            ),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("ahead", False), models.Q(("answer", "allowed"), _negated=True)),
                fields=["-id"],
                name="outreach_attempt_violation",
            ),
        ),
    ]
