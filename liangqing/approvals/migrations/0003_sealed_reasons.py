"""Why something is asked, answered or handed over may tell of a person: it is kept sealed."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_guards")]
    operations = [
        migrations.RemoveConstraint("vote", "approvals_vote_says_why"),
        migrations.RenameField("vote", "reason", "reason_stored"),
        migrations.RenameField("request", "reason", "reason_stored"),
        migrations.RenameField("delegation", "reason", "reason_stored"),
        migrations.AlterField(
            "vote", "reason_stored", models.TextField(blank=True, default="", help_text="sealed")
        ),
        migrations.AlterField("request", "reason_stored", models.TextField(help_text="sealed: why it is asked")),
        migrations.AlterField("delegation", "reason_stored", models.TextField(help_text="sealed")),
        migrations.AddConstraint(
            "vote",
            models.CheckConstraint(
                condition=Q(decision="approve") | ~Q(reason_stored=""), name="approvals_vote_says_why"
            ),
        ),
    ]
