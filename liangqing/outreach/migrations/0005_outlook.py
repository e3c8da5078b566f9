import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

_CHANNELS = [
    ("phone", "phone"),
    ("sms", "text message"),
    ("email", "e-mail"),
    ("letter", "letter"),
    ("visit", "visit"),
    ("wechat", "WeChat"),
    ("other", "other channel"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0004_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="Outlook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("channel", models.CharField(choices=_CHANNELS, max_length=8)),
                ("effect", models.CharField(blank=True, default="", max_length=8)),
                ("from_minute", models.SmallIntegerField(null=True)),
                (
                    "rules",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=48), default=list, size=None
                    ),
                ),
                ("since_on", models.DateField()),
                (
                    "creditor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.creditor",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.party",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("party", "creditor", "channel"), name="outreach_outlook_once")
                ],
            },
        ),
    ]
