# Imports somebody asked to be taken back.

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0002_guards'),
        ('workbench', '0002_uploads'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Undoing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('language', models.CharField(max_length=10)),
                ('state', models.CharField(choices=[('waiting', 'waiting for a worker'), ('running', 'being taken back'), ('done', 'done'), ('refused', 'not taken back')], default='waiting', max_length=8)),
                ('step', models.CharField(blank=True, max_length=16)),
                ('refusal', models.TextField(blank=True)),
                ('imported', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='imports.import')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('waiting', 'running'))), fields=('imported',), name='workbench_undoing_once')],
            },
        ),
    ]
