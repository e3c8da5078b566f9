"""Tables the database itself keeps append-only. Used by migrations; the function is made by the trail's."""

from __future__ import annotations

from django.db.migrations import RunSQL


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE to everybody who does not switch triggers off."""
    return RunSQL(
        f"""CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION liangqing_refuse();""",
        f"DROP TRIGGER append_only ON {table};",
    )
