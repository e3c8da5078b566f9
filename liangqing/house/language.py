"""The language of what is said before Django is up: click's own words, and why the house can't be brought up.

Sentences are looked up with the standard library's gettext, in the same catalogues.
"""

from __future__ import annotations

import gettext as catalogues
import os
from gettext import ngettext
from pathlib import Path

_LOCALE = Path(__file__).resolve().parent.parent / "locale"
_DOMAIN = "django"


def spoken() -> str:
    """The language asked for, else the terminal's, else Chinese."""
    wanted = os.environ.get("LIANGQING_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES")
    return "en" if (wanted or os.environ.get("LANG") or "").lower().startswith("en") else "zh-hans"


def speak() -> None:
    """Let the standard library's gettext, which click asks, answer in the language spoken."""
    os.environ["LANGUAGE"] = "en" if spoken() == "en" else "zh_Hans"
    catalogues.bindtextdomain(_DOMAIN, str(_LOCALE))
    catalogues.textdomain(_DOMAIN)


def gettext_noop(sentence: str) -> str:
    """A sentence that somebody else looks up."""
    return sentence


CLICKS_OWN = (
    gettext_noop("Usage:"),
    gettext_noop("Options"),
    gettext_noop("Commands"),
    gettext_noop("Aborted!"),
    gettext_noop("Error: {message}"),
    gettext_noop("Try '{command} {option}' for help."),
    gettext_noop("Missing command."),
    gettext_noop("Missing argument"),
    gettext_noop("Missing option"),
    gettext_noop("Choose from:\n\t{choices}"),
    gettext_noop("No such option {name!r}."),
    gettext_noop("No such command {name!r}."),
    gettext_noop("Invalid value: {message}"),
    gettext_noop("Invalid value for {param_hint}: {message}"),
    gettext_noop("Option {name!r} does not take a value."),
    gettext_noop("{value!r} is not a valid {number_type}."),
    gettext_noop("{value} is not in the range {range}."),
    gettext_noop("{name} {filename!r} does not exist."),
    gettext_noop("{name} {filename!r} is a file."),
    gettext_noop("{name} {filename!r} is a directory."),
    gettext_noop("Show this message and exit."),
    gettext_noop("Show the version and exit."),
    gettext_noop("default: {default}"),
    gettext_noop("required"),
    ngettext("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)", 1),
    ngettext("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})", 1),
    ngettext("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments.", 1),
    ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}.", 1),
)
"""Click's sentences that people meet, so that the catalogues have them."""
