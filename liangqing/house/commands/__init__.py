"""The command line. Names and JSON keys are a contract: other people's scripts use them."""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from liangqing.house import language, start, troubles

gc.disable()  # while modules are loaded: nothing becomes garbage, and looking for it takes a third of the time


class Commands(click.Group):
    """Commands that end in a sentence rather than a trace when a rule says no, or the surroundings do: the database, a
    folder. ``LIANGQING_TRACE`` in the environment shows the trace of the latter."""

    def invoke(self, ctx: click.Context) -> Any:
        from liangqing.kit.refusal import Refusal

        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            self._end(ctx, refusal.code, refusal.sentence)
        except Exception as error:
            trouble = troubles.in_words(error)
            if trouble is None or troubles.TRACE in os.environ:
                raise
            self._end(ctx, trouble.code, trouble.sentence)

    def _end(self, ctx: click.Context, code: str, sentence: str) -> NoReturn:
        if ctx.meta.get("json"):
            click.echo(json.dumps({"error": {"code": code, "message": sentence}}, ensure_ascii=False))
        click.echo(sentence, err=True)
        sys.exit(2)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        language.speak()
        return super().main(*args, **kwargs)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="liangqing", prog_name="liangqing")
def main() -> None:
    """Liangqing 两清: bills that are late, from early warning to archive."""


_OWN_PROCESS = "a process of its own"


def program() -> None:
    """What the shell calls. When the command has ended, and everything that waits for the end has run, the process ends at
    once: taking apart all that was loaded would take as long as loading it."""
    code: Any = 1

    def leave() -> None:
        with contextlib.suppress(OSError):  # nobody reads any more
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))

    atexit.register(leave)  # the first registered runs last
    try:
        main(obj=_OWN_PROCESS)
    except SystemExit as end:
        code = end.code
        raise


def command(name: str, **options: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """A command that runs in the house brought up."""

    def wrap(function: Callable[..., Any]) -> click.Command:
        def run(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("as_json"):
                click.get_current_context().meta["json"] = True
            gc.disable()
            start.start()
            if click.get_current_context().find_root().obj == _OWN_PROCESS:
                gc.freeze()  # what is loaded stays
                gc.set_threshold(100_000)  # a night makes a million small objects, and few in circles
            gc.enable()
            return function(*args, **kwargs)

        run.__doc__ = function.__doc__
        run.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
        return main.command(name, **options)(run)

    return wrap


def say(value: Any) -> None:
    """JSON for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


json_option = click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")

from liangqing.house.commands import bench, files, institution, nights, programs, reports, serve, worker  # noqa: E402, F401  (they register themselves)

gc.enable()
