"""Reviews of words: what was found and where never changes, what was decided stands; the database sees to it."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_GUARD = """
CREATE FUNCTION liangqing_review_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'open'
       AND (OLD.source, OLD.kind, OLD.party_id, OLD."case", OLD.author_id, OLD.categories, OLD.places, OLD.person,
            OLD.text_stored, OLD.opened_at)
           IS NOT DISTINCT FROM
           (NEW.source, NEW.kind, NEW.party_id, NEW."case", NEW.author_id, NEW.categories, NEW.places, NEW.person,
            NEW.text_stored, NEW.opened_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'reviews of words stand: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON outreach_review
    FOR EACH ROW EXECUTE FUNCTION liangqing_review_stands();
CREATE TRIGGER stays BEFORE TRUNCATE ON outreach_review
    FOR EACH STATEMENT EXECUTE FUNCTION liangqing_review_stands();
"""
_UNDO = """
DROP TRIGGER stands ON outreach_review;
DROP TRIGGER stays ON outreach_review;
DROP FUNCTION liangqing_review_stands;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0005_outlook"),
        ("parties", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=48, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("record", "note of a contact"),
                            ("import", "imported record"),
                            ("message", "message somebody wrote"),
                        ],
                        max_length=8,
                    ),
                ),
                ("case", models.CharField(blank=True, default="", max_length=32)),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=4), size=None),
                ),
                ("places", models.JSONField()),
                ("person", models.BooleanField(help_text="somebody vulnerable is told of (W18)")),
                ("text_stored", models.TextField(help_text="sealed")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "to be looked at"),
                            ("confirmed", "should not have been written"),
                            ("dismissed", "nothing wrong with it"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "conclusion_stored",
                    models.TextField(blank=True, default="", help_text="sealed: why it was decided so"),
                ),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.party"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["-id"], name="outreach_review_open"),
                    models.Index(fields=["author", "-id"], name="outreach_review_author"),
                ],
            },
        ),
        migrations.RunSQL(_GUARD, _UNDO),
    ]
