"""The few words templates have beyond Django's own."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import QueryDict
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from liangqing.kit import money as kit_money
from liangqing.kit.money import Money
from liangqing.people.rights import can as may

register = template.Library()

_BUILT = Path(__file__).resolve().parent.parent / "static" / "workbench"
_LEVELS = {"mild": "yellow", "moderate": "orange", "severe": "red", "none": ""}


@functools.cache
def _manifest() -> dict[str, Any]:
    return json.loads((_BUILT / "manifest.json").read_text())  # type: ignore[no-any-return]


@register.simple_tag
def bundle(entry: str) -> SafeString:
    """The script and styles of a front-end entry, ``app`` or ``charts``, under their hashed names."""
    chunk = _manifest()[f"src/{entry}.js"]
    styles = format_html_join(
        "\n", '<link rel="stylesheet" href="{}">', ((static(f"workbench/{name}"),) for name in chunk.get("css", ()))
    )
    return format_html('{}\n<script type="module" src="{}"></script>', styles, static(f"workbench/{chunk['file']}"))


def grouped(amount: int, currency: str) -> str:
    """Major units with thousands separated and the currency's decimals: 1,234.50."""
    text = kit_money.plain(abs(amount), currency)
    whole, point, rest = text.partition(".")
    return f"{'-' if amount < 0 else ''}{int(whole):,}{point}{rest}"


@register.filter
def money(value: Any, currency: str = "") -> SafeString | str:
    """``Money``, or minor units with the currency given: amount, and the currency where it is not CNY."""
    if value is None:
        return "—"
    amount = value if isinstance(value, Money) else Money(int(value), currency or "CNY")
    text = grouped(amount.amount, amount.currency)
    if amount.currency == "CNY":
        return text
    return format_html('{} <span class="muted">{}</span>', text, amount.currency)


@register.filter
def moneys(values: Iterable[Money]) -> SafeString:
    """Amounts in several currencies, never added together."""
    return format_html_join(SafeString("<br>"), "{}", ((money(value),) for value in values))


@register.filter
def amounts(value: Any) -> SafeString | str:
    """One ``Money``, several, or none."""
    if value is None or value == () or value == []:
        return "—"
    return moneys(value) if isinstance(value, (tuple, list)) else money(value)


@register.filter
def level(code: str) -> SafeString:
    """The tag of a warning level."""
    from liangqing.warning.level import Level

    if not code or code == "none":
        return format_html('<span class="lq-tag">{}</span>', _("none"))
    return format_html('<span class="lq-tag {}">{}</span>', _LEVELS.get(code, ""), Level(code).label)


@register.filter
def percent(basis_points: int | None) -> str:
    """Basis points as a percentage: 6000 is 60.0%."""
    return "—" if basis_points is None else f"{basis_points / 100:.1f}%"


@register.filter
def day(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else "—"


@register.filter
def day_before(value: Any) -> str:
    """The last day of a period whose books hold the day after it."""
    return (value - dt.timedelta(days=1)).isoformat() if isinstance(value, dt.date) else "—"


@register.filter
def get(mapping: Any, key: Any) -> Any:
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """This page's query with some values changed; None takes one out, and the page number falls away."""
    query: QueryDict = context["request"].GET.copy()
    query.pop("page", None)
    query.pop("export", None)
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return "?" + query.urlencode()


@register.simple_tag
def query(**values: Any) -> str:
    return "?" + urlencode({name: value for name, value in values.items() if value not in (None, "")})


@register.simple_tag(takes_context=True)
def can(context: dict[str, Any], act: str) -> bool:
    """Whether who is signed in may do this act: ``{% can "case.work" as works %}``."""
    return may(context["request"].user, act)


@register.filter
def keyed(field: Any, key: str) -> SafeString:
    """A field that a key of the keyboard jumps to."""
    field.field.widget.attrs["data-key"] = key
    return dressed(field)


@register.filter
def dressed(field: Any) -> SafeString:
    """A form field's widget with the classes of its kind, and tied to its help and error texts for screen readers."""
    widget = field.field.widget
    kind = getattr(widget, "input_type", "select" if hasattr(widget, "choices") else "text")
    attrs = {"class": "form-select" if kind == "select" else "" if kind in ("checkbox", "radio") else "form-control"}
    if field.errors:
        attrs["aria-invalid"] = "true"
        attrs["aria-describedby"] = f"{field.id_for_label}_error"
    return field.as_widget(attrs={**widget.attrs, **attrs})  # type: ignore[no-any-return]


@register.filter
def as_json(value: Any) -> str:
    """For a script of type application/json: nothing in it can end the script."""
    from django.utils.safestring import mark_safe

    text = json.dumps(value, ensure_ascii=False, default=str)
    return mark_safe(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


@register.filter
def spoken(words: Any) -> str:
    """The policy's own words in the reader's language."""
    from liangqing.cases.words import spoken as say

    return say(words)


@register.filter
def unsealed(text: str) -> str:
    """A text the trail keeps sealed, for those who may see what it is about."""
    from liangqing.kit.sealing import unseal

    return unseal(text)


@register.filter
def masked(contact: Any) -> str:
    from liangqing.workbench.forms.contacts import masked as mask

    return mask(contact)


@register.filter
def masked_name(name: str) -> str:
    from liangqing.parties.rules import masking

    return masking.name(name, "person")


@register.filter
def promise_state(code: str) -> SafeString:
    """The tag of a promise's fate."""
    from liangqing.cases.lifecycle import PromiseState

    colour = {"kept": "green", "partly": "yellow", "broken": "red", "open": "blue"}.get(code, "")
    return format_html('<span class="lq-tag {}">{}</span>', colour, PromiseState(code).label)


@register.filter
def tone(happening: Any) -> str:
    """The colour of a line of the timeline."""
    event = happening.event
    if "broken" in event or "reversed" in event or (happening.alert is not None and happening.alert.level == "severe"):
        return "bad"
    if "kept" in event or event == "case closed":
        return "good"
    return "strong" if happening.record is not None else ""


@register.filter
def event_words(name: str) -> str:
    """What happened, in the words of the trail."""
    from liangqing.workbench.telling import words

    return words.event(name)


@register.filter
def message_words(facts: Any) -> str:
    """A message or an answer in a line of the timeline: the channel, what for, and where it stands."""
    from liangqing.outreach.kinds import Channel, Content
    from liangqing.outreach.lifecycle import MessageState

    known = (("channel", Channel), ("content", Content), ("state", MessageState))
    said = [dict(words.choices).get(facts.get(name)) for name, words in known]
    return " · ".join(str(each) for each in said if each)


@register.filter
def result_words(code: str) -> str:
    from liangqing.cases.words import RESULTS

    return str(RESULTS.get(code, code))


@register.filter
def attitude_words(code: str) -> str:
    from liangqing.cases.attitudes import ATTITUDES
    from liangqing.cases.words import spoken as say

    return say(ATTITUDES[code].name) if code in ATTITUDES else code


@register.filter
def clock(minute: int) -> str:
    """A minute after midnight as a time of the day.

    >>> clock(1110)
    '18:30'
    """
    return f"{minute // 60:02d}:{minute % 60:02d}"


@register.filter
def channel_name(code: str) -> str:
    from liangqing.outreach.kinds import Channel

    return str(Channel(code).label) if code else _("every channel")


@register.filter
def restraint_names(codes: Iterable[str]) -> str:
    from liangqing.parties.models import Hold

    return "、".join(str(Hold(code).label) for code in codes)


def _output_word(output: str, code: str) -> str:
    from liangqing.policy.tables import blank_tables

    found = next(column for column in blank_tables()["contact.hours"].outputs if column.name == output)
    return spoken(found.words[code])


@register.filter
def effect_name(code: str) -> str:
    return _output_word("effect", code)


@register.filter
def basis_name(code: str) -> str:
    return _output_word("basis", code)
