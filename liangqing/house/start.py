"""Bring the house up for one command: database, settings, language, tables as they should be."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    return Path(os.environ.get("LIANGQING_HOME", "~/.liangqing")).expanduser()


def start(*, migrate: bool = True) -> None:
    """Start the embedded database if no server is named, set Django up, bring the tables up to date.

    Raises ``troubles.Unready`` where that can't be, or an error that ``troubles.in_words`` knows."""
    from liangqing.house import postgres

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liangqing.house.settings")
    _check_address()
    postgres.ensure(home())
    import django
    from django.conf import settings
    from django.utils import translation

    django.setup()
    translation.activate(settings.LANGUAGE_CODE)
    if migrate:
        _migrate()


def _check_address() -> None:
    from gettext import gettext as _

    from liangqing.house.troubles import Unready

    address = os.environ.get("DATABASE_URL", "")
    if address and not address.startswith(("postgres://", "postgresql://", "psql://", "pgsql://", "postgis://")):
        raise Unready(
            "wrong_address",
            _("DATABASE_URL is no address of PostgreSQL. Write it as postgres://user:password@host/database."),
        )


def _migrate() -> None:
    """Apply what is pending, one process at a time; nothing pending costs one query."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    def pending() -> bool:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))

    if not pending():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('liangqing migrate'))")
        try:
            if pending():
                call_command("migrate", verbosity=0, interactive=False)
                _take_over_presets()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('liangqing migrate'))")


def _take_over_presets() -> None:
    """A house that has people gets the templates that come with an update; a new one with its first person (``user add``)."""
    from liangqing.outreach.actions import templates
    from liangqing.people.models import User

    if User.objects.exists():
        templates.install_presets()
