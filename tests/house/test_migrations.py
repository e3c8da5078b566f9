"""What the models say and what the migrations make are the same."""

from __future__ import annotations

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation


def test_no_model_has_changed_without_a_migration() -> None:
    loader = MigrationLoader(None)
    with translation.override(None):  # labels are compared as they stand in the code
        detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
        changes = detector.changes(graph=loader.graph)
    missing = {room: [str(step) for step in found[0].operations] for room, found in changes.items()}
    assert not missing, "run: make migrations"


def test_no_room_has_two_last_migrations() -> None:
    assert not MigrationLoader(None).detect_conflicts()


def test_a_fresh_database_takes_all_migrations(books: str) -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    assert not executor.migration_plan(executor.loader.graph.leaf_nodes())
