from django.db import migrations, models


class Migration(migrations.Migration):
    """Choosing open cases for a campaign reads the first of them, by points or by age, from an index."""

    dependencies = [
        ("cases", "0003_tallies"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(condition=models.Q(("stage", "open")), fields=["opened_on", "id"], name="cases_case_age"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(condition=models.Q(("state", "open")), fields=["-points", "id"], name="cases_task_points"),
        ),
    ]
