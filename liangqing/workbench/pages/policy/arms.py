"""A version on a share beside its control: counts, shares with their interval, and whether it is too early to tell."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.cases.queries.arms import arms as both_arms
from liangqing.cases.rules.arms import Comparison
from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.policy import book
from liangqing.workbench.doors import Request, page
from liangqing.workbench.pages.policy.trials import version_of

VERDICTS = {
    "early": (gettext_lazy("too early to tell"), "yellow"),
    "open": (gettext_lazy("no difference shown"), ""),
    "better": (gettext_lazy("higher"), "green"),
    "worse": (gettext_lazy("lower"), "red"),
}


@page("overview.see")
def arms(request: Request, name: str) -> HttpResponse:
    """Both arms side by side, as of the last night that counted them."""
    version = version_of(name)
    least = book.in_force(clock.today()).terms["trial.least_in_arm"]
    found = both_arms(version.name, least=least)
    context: dict[str, Any] = {"version": version, "least": least, "found": found, "rest": 100 - version.share}
    if found is not None:
        context |= {
            "counts": [
                (_("Customers with a case since then"), found.drawn.customers, found.control.customers),
                (_("Contacts"), found.drawn.contacts, found.control.contacts),
                (
                    _("Contacts per customer"),
                    *(_each(arm.contacts, arm.customers) for arm in (found.drawn, found.control)),
                ),
            ],
            "collected": [
                (
                    code,
                    *(Money(arm.collected.get(code, 0), code) for arm in (found.drawn, found.control)),
                    *(
                        _per_customer(arm.collected.get(code, 0), arm.customers, code)
                        for arm in (found.drawn, found.control)
                    ),
                )
                for code in sorted(
                    {*found.drawn.collected, *found.control.collected}, key=lambda code: (code != "CNY", code)
                )
            ],
            "shares": [
                _line(_("Customers who paid something"), found.paying),
                _line(_("Cases closed"), found.closed),
                _line(_("Promises kept, of those that came due"), found.kept),
            ],
        }
    return render(request, "workbench/policy/arms.html", context)


def _each(count: int, of: int) -> str:
    return f"{count / of:.1f}" if of else "—"


def _per_customer(amount: int, customers: int, code: str) -> Money | None:
    return Money(round(amount / customers), code) if customers else None


def _line(label: str, compared: Comparison) -> dict[str, Any]:
    word, colour = VERDICTS[compared.verdict]
    return {
        "label": label,
        "drawn": compared.drawn,
        "control": compared.control,
        "drawn_share": _percent(compared.drawn.value),
        "control_share": _percent(compared.control.value),
        "difference": "—" if compared.difference is None else f"{compared.difference * 100:+.1f}",
        "interval": "—" if compared.difference is None else f"{compared.low * 100:+.1f} … {compared.high * 100:+.1f}",
        "verdict": word,
        "colour": colour,
    }


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value * 100:.1f}%"
