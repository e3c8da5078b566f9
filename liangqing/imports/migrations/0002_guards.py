"""The history of changed rows is append-only."""

from django.db import migrations

from liangqing.kit.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial"), ("trail", "0002_guards")]
    operations = [append_only("imports_change")]
