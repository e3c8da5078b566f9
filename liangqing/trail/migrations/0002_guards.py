"""The database itself refuses to change or delete what is remembered."""

from django.db import migrations

from liangqing.kit.guards import append_only

_REFUSE = """
CREATE SEQUENCE trail_entry_id AS bigint;
CREATE FUNCTION liangqing_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""
_UNDO = "DROP FUNCTION liangqing_refuse; DROP SEQUENCE trail_entry_id;"


class Migration(migrations.Migration):
    dependencies = [("trail", "0001_initial")]
    operations = [
        migrations.RunSQL(_REFUSE, _UNDO),
        append_only("trail_entry"),
        append_only("trail_block"),
    ]
