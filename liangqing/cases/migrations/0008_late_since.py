# How long a case is late is found by an index. The next night fills it in.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0007_classes'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='late_since_on',
            field=models.DateField(help_text='the day the oldest late bill fell due, as the last night found it', null=True),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('stage', 'open')), fields=['late_since_on', 'id'], name='cases_case_late'),
        ),
    ]
