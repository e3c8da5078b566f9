"""One column holds a thing's stage; it moves only along a table of moves, by compare-and-swap."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit.refusal import Refusal


@dataclass(frozen=True)
class Move:
    """From any of ``sources`` to ``target``, if ``guard(thing)`` holds; ``right`` names the act a person must be allowed."""

    name: str
    sources: tuple[str, ...]
    target: str
    guard: Callable[[Any], bool] | None = None
    right: str | None = None


@dataclass(frozen=True)
class Lifecycle:
    """The stages of a thing and the moves between them. Pages ask the same table for their buttons."""

    field: str
    moves: tuple[Move, ...]

    def named(self, name: str) -> Move:
        return next(move for move in self.moves if move.name == name)

    def open_to(self, thing: models.Model) -> Iterable[Move]:
        """The moves this thing may make from where it stands."""
        stage = getattr(thing, self.field)
        return [move for move in self.moves if stage in move.sources and (move.guard is None or move.guard(thing))]

    def move(self, thing: models.Model, name: str, **changes: Any) -> None:
        """Make the move, writing ``changes`` with it.

        Raises ``Refusal`` when the thing stands elsewhere, in memory or, since somebody was faster, in the database.
        """
        step, stage = self.named(name), getattr(thing, self.field)
        allowed = stage in step.sources and (step.guard is None or step.guard(thing))
        manager = type(thing)._default_manager
        changes[self.field] = step.target
        if not allowed or not manager.filter(pk=thing.pk, **{self.field: stage}).update(**changes):
            raise Refusal(
                "moved_on",
                _("This is no longer possible here: the stage is now “{stage}”. Reload to see what can be done."),
                stage=manager.values_list(self.field, flat=True).get(pk=thing.pk),
            )
        for column, value in changes.items():
            setattr(thing, column, value)
