import django.contrib.postgres.fields
from django.db import migrations, models

from liangqing.kit import sealing


def seal_positions(apps, schema_editor):
    """Where a visit was made is where somebody lives: sealed like an address. The rows say what they said."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, latitude, longitude, accuracy_m FROM outreach_visit WHERE latitude IS NOT NULL")
        rows = cursor.fetchall()
        if not rows:
            return
        cursor.execute("ALTER TABLE outreach_visit DISABLE TRIGGER append_only")
        for pk, latitude, longitude, accuracy in rows:
            within = "" if accuracy is None else f" ±{accuracy} m"
            text = sealing.seal(f"{latitude:.5f}, {longitude:.5f}{within}")
            cursor.execute("UPDATE outreach_visit SET position_stored = %s WHERE id = %s", [text, pk])
        cursor.execute("ALTER TABLE outreach_visit ENABLE TRIGGER append_only")


class Migration(migrations.Migration):
    """Pictures keep what they say of time and place; positions are sealed."""

    dependencies = [("outreach", "0010_message_files_and_attitudes")]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="position_stored",
            field=models.TextField(blank=True, default="", help_text="sealed: where the device was"),
        ),
        migrations.RunPython(seal_positions, migrations.RunPython.noop),
        migrations.RemoveField(model_name="visit", name="accuracy_m"),
        migrations.RemoveField(model_name="visit", name="latitude"),
        migrations.RemoveField(model_name="visit", name="longitude"),
        migrations.AddField(
            model_name="visitfile",
            name="taken_at",
            field=models.DateTimeField(help_text="as the picture says", null=True),
        ),
        migrations.AddField(
            model_name="visitfile",
            name="taken_place_stored",
            field=models.TextField(blank=True, default="", help_text="sealed: as the picture says"),
        ),
        migrations.AddField(
            model_name="visitfile",
            name="chosen_at",
            field=models.DateTimeField(help_text="by the device's clock, when it was chosen", null=True),
        ),
        migrations.AddField(
            model_name="visitfile",
            name="chosen_place_stored",
            field=models.TextField(blank=True, default="", help_text="sealed: where the device was then"),
        ),
        migrations.AddField(
            model_name="visitfile",
            name="departs",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=8), default=list, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="visitfile",
            index=models.Index(
                condition=models.Q(("departs", []), _negated=True), fields=["visit"], name="outreach_visit_departs"
            ),
        ),
    ]
