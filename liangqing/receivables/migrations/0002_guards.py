"""Facts of money are never edited: corrections and reversals are new rows."""

from django.db import migrations

from liangqing.kit.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("receivables", "0001_initial"), ("trail", "0002_guards")]
    operations = [
        append_only("receivables_receipt"),
        append_only("receivables_allocation"),
        append_only("receivables_adjustment"),
        migrations.RunSQL(
            """CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON receivables_bill
                   FOR EACH STATEMENT EXECUTE FUNCTION liangqing_refuse();
               CREATE TRIGGER amounts_stay BEFORE UPDATE OF principal, interest, penalty, fee, currency, creditor_id,
                   number, id ON receivables_bill FOR EACH STATEMENT EXECUTE FUNCTION liangqing_refuse();""",
            "DROP TRIGGER no_delete ON receivables_bill; DROP TRIGGER amounts_stay ON receivables_bill;",
        ),
    ]
