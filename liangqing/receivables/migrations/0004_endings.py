# Bills and receipts are found by how their number ends.

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('receivables', '0003_by_hand'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Reverse('number'), 'text_pattern_ops'), name='receivables_bill_ending'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Reverse('number'), 'text_pattern_ops'), name='receivables_receipt_ending'),
        ),
    ]
