import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from liangqing.kit.guards import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0006_reviews"),
        ("parties", "0004_contact_sources"),
        ("receivables", "0004_endings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Round",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("area", models.CharField(max_length=100)),
                ("on", models.DateField()),
                (
                    "content",
                    models.CharField(
                        choices=[
                            ("bill", "bill or statement"),
                            ("reminder", "reminder"),
                            ("demand", "demand for payment"),
                            ("formal", "formal demand"),
                            ("locate", "asking to be called back"),
                            ("notice", "notice the law asks for"),
                            ("reply", "answer to the debtor"),
                            ("confirm", "confirmation of a wish"),
                        ],
                        default="demand",
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "planned"),
                            ("under_way", "under way"),
                            ("finished", "finished"),
                            ("called_off", "called off"),
                        ],
                        default="planned",
                        max_length=12,
                    ),
                ),
                ("left_out", models.JSONField(default=list)),
                ("planned_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("people", models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "planned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Stop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.SmallIntegerField(help_text="the order of the route, from 1")),
                ("case", models.CharField(blank=True, default="", max_length=32)),
                ("contact", models.BigIntegerField(null=True)),
                ("recipient", models.CharField(max_length=16)),
                ("address_stored", models.TextField(help_text="sealed")),
                ("arrived_at", models.DateTimeField(null=True)),
                (
                    "arrived_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "attempt",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="outreach.attempt"
                    ),
                ),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.party"
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stops", to="outreach.round"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("at", models.DateTimeField()),
                ("on", models.DateField(help_text="the institution's day of it")),
                ("written_at", models.DateTimeField()),
                ("result", models.CharField(max_length=32)),
                (
                    "met",
                    models.CharField(
                        choices=[
                            ("self", "the customer"),
                            ("family", "family"),
                            ("colleague", "colleague or switchboard"),
                            ("representative", "representative or guarantor"),
                            ("other", "somebody else"),
                            ("nobody", "nobody"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "found",
                    models.CharField(
                        choices=[
                            ("right", "the customer is found there"),
                            ("unknown", "could not be learned"),
                            ("absent", "does not exist"),
                            ("unrelated", "has nothing to do with the customer"),
                            ("sold", "sold"),
                            ("let", "let to somebody else"),
                            ("empty", "empty"),
                        ],
                        default="unknown",
                        max_length=12,
                    ),
                ),
                ("signed", models.BooleanField(default=False, help_text="the notice was signed for 签回")),
                ("principal", models.BigIntegerField(default=0)),
                ("interest", models.BigIntegerField(default=0)),
                ("currency", models.CharField(blank=True, default="", max_length=3)),
                ("intends", models.BooleanField(default=False, help_text="means to pay 还款意向")),
                (
                    "intention_stored",
                    models.TextField(blank=True, default="", help_text="sealed: in the debtor's words"),
                ),
                ("promised", models.BigIntegerField(null=True)),
                ("promised_for", models.DateField(null=True)),
                ("lapsed", models.BooleanField(default=False, help_text="says limitation has passed")),
                ("lapsed_stored", models.TextField(blank=True, default="", help_text="sealed: what was said")),
                ("note_stored", models.TextField(blank=True, default="", help_text="sealed")),
                ("latitude", models.DecimalField(decimal_places=5, max_digits=8, null=True)),
                ("longitude", models.DecimalField(decimal_places=5, max_digits=8, null=True)),
                ("accuracy_m", models.IntegerField(null=True)),
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
                (
                    "receipt",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="receivables.receipt",
                    ),
                ),
                (
                    "stop",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="visit", to="outreach.stop"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VisitFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("slip", "receipt slip"), ("photo", "photograph")], max_length=8)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField(help_text="bytes")),
                ("media_type", models.CharField(max_length=100)),
                ("name_stored", models.TextField(help_text="sealed")),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="outreach.visit"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="round",
            index=models.Index(fields=["-on", "-id"], name="outreach_round_on"),
        ),
        migrations.AddIndex(
            model_name="round",
            index=models.Index(fields=["area", "-on"], name="outreach_round_area"),
        ),
        migrations.AddIndex(
            model_name="stop",
            index=models.Index(fields=["case"], name="outreach_stop_case"),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.UniqueConstraint(fields=("round", "party", "creditor"), name="outreach_stop_once"),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["on"], name="outreach_visit_on"),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                condition=models.Q(("signed", True)), fields=["party", "creditor"], name="outreach_visit_signed"
            ),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("interest__gte", 0),
                    ("principal__gte", 0),
                    models.Q(
                        models.Q(("interest", 0), ("principal", 0), ("receipt", None)),
                        ("receipt__isnull", False),
                        _connector="OR",
                    ),
                ),
                name="outreach_visit_cash",
            ),
        ),
        append_only("outreach_visit"),
        append_only("outreach_visitfile"),
    ]
