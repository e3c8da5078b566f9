# What is to be changed at the first sign-in, and departments that are closed.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_bell'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='password_given',
            field=models.BooleanField(db_default=False, default=False, help_text='the password came from somebody else: the person chooses another before anything else'),
        ),
        migrations.AddField(
            model_name='department',
            name='closed_on',
            field=models.DateField(blank=True, help_text='nobody joins it from then on', null=True),
        ),
    ]
