from django.db import migrations, models


class Migration(migrations.Migration):
    """A list of messages in one state, or of one provider, walks an index, the last first."""

    dependencies = [("outreach", "0008_calls")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["state", "-id"], name="outreach_message_state"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("provider__isnull", False)),
                fields=["provider", "-id"],
                name="outreach_message_provider",
            ),
        ),
    ]
