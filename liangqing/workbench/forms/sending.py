"""Forms about what is sent: one message, many, who carries it, what stops it, and what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.kit.files import Upload
from liangqing.outreach.actions.attaching import Enclosed
from liangqing.outreach.actions.messages import LONGEST, WRITTEN
from liangqing.outreach.channels.kinds import FAULT_LABELS, FIELDS, STAFF_ONLY, Field, Kind
from liangqing.outreach.kinds import Channel, Content
from liangqing.outreach.models import Provider, Template, TemplateVersion
from liangqing.parties.models import Contact
from liangqing.people.models import Certificate
from liangqing.workbench.forms.cases import Day, FilesField
from liangqing.workbench.forms.contacts import masked
from liangqing.workbench.forms.refusing import Refusing

BY_HAND = (Content.REMINDER, Content.DEMAND, Content.BILL, Content.LOCATE, Content.NOTICE, Content.REPLY)
"""What a person sends from a case. Formal demands are letters; confirmations write themselves."""


class MessageForm(Refusing):
    """One message from a case: by which contact, what for, in which wording. Own words only answer the debtor."""

    places: ClassVar = {"wrong_contact": "contact"}

    def __init__(
        self, *args: Any, ways: Sequence[tuple[str, Contact]], wordings: Sequence[TemplateVersion] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ways = {f"{channel}-{contact.pk}": (channel, contact) for channel, contact in ways}
        self.wordings = {str(each.pk): each for each in wordings}
        self.fields["way"] = forms.ChoiceField(
            label=pgettext_lazy("to whom", "To"),
            choices=[(key, _way(*each)) for key, each in self.ways.items()],
        )
        self.fields["content"] = forms.ChoiceField(
            label=_("What for"), choices=[(each.value, each.label) for each in BY_HAND]
        )
        self.fields["template"] = forms.ChoiceField(
            label=_("Wording"),
            choices=[
                ("", _("the one that fits")),
                *((key, f"{each.template.name} ({each.name})") for key, each in self.wordings.items()),
            ],
            required=False,
        )

    def way(self) -> tuple[str, Contact]:
        """The channel and contact chosen."""
        return self.ways[self.cleaned_data["way"]]

    def wording(self) -> TemplateVersion | None:
        return self.wordings.get(self.cleaned_data["template"])


def _way(channel: str, contact: Contact) -> str:
    parts = [Channel(channel).label, masked(contact), contact.get_validity_display()]
    return " · ".join(str(part) for part in (parts if contact.validity != Contact.Validity.UNKNOWN else parts[:2]))


class WordsForm(Refusing):
    """A person's own words, in answer to the debtor."""

    def __init__(self, *args: Any, mail: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if mail:
            self.fields["subject"] = forms.CharField(label=_("Subject"), max_length=200)
        self.fields["body"] = forms.CharField(
            label=_("Text"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 6})
        )
        self.fields["confirmed"] = forms.BooleanField(
            label=_("I have read what was found, and mean it so"), required=False
        )

    def clean_body(self) -> str:
        return str(self.cleaned_data["body"]).replace("\r\n", "\n")


class EnclosedForm(Refusing):
    """What goes with an e-mail. The letter of demand only with what is a demand itself."""

    def __init__(self, *args: Any, letter: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if letter:
            self.fields["letter"] = forms.BooleanField(label=_("With the letter of demand"), required=False)
        self.fields["statement"] = forms.ChoiceField(
            label=_("Statement of open bills"),
            choices=[("", _("none")), ("pdf", "PDF"), ("xlsx", "Excel")],
            required=False,
        )
        self.fields["files"] = FilesField(label=_("Files"))

    def enclosed(self) -> Enclosed:
        said = self.cleaned_data
        uploads = tuple(Upload(each.name or "", each.read()) for each in said["files"])
        return Enclosed(letter=bool(said.get("letter")), statement=said["statement"], uploads=uploads)


class ReasonForm(Refusing):
    """Why something is done."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class WhyForm(Refusing):
    """Why something should be approved."""

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="why_%s")
        self.fields["reason"] = forms.CharField(
            label=_("Reason"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
        )


class DispatchForm(Refusing):
    """What is sent to those chosen; ``cases`` carries the choice of cases, signed."""

    places: ClassVar = {"name_missing": "name", "unknown_choice": "content"}

    cases = forms.CharField(widget=forms.HiddenInput())
    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("It stands wherever these messages are listed.")
    )

    def __init__(self, *args: Any, wordings: Sequence[TemplateVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wordings = {str(each.pk): each for each in wordings}
        self.fields["channel"] = forms.ChoiceField(
            label=_("Channel"), choices=[(each.value, each.label) for each in WRITTEN]
        )
        self.fields["content"] = forms.ChoiceField(
            label=_("What for"),
            choices=[(each.value, each.label) for each in (*BY_HAND[:3], Content.FORMAL, Content.NOTICE)],
            initial=Content.REMINDER.value,
        )
        self.fields["template"] = forms.ChoiceField(
            label=_("Wording"),
            choices=[
                ("", _("for each customer the one that fits")),
                *((key, wording_label(each)) for key, each in self.wordings.items()),
            ],
            required=False,
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        chosen = self.wordings.get(given.get("template", ""))
        if chosen is not None and (chosen.template.channel, chosen.template.content) != (
            given.get("channel"),
            given.get("content"),
        ):
            self.add_error("template", _("This wording is for another channel or purpose."))
        return given

    def wording(self) -> TemplateVersion | None:
        return self.wordings.get(self.cleaned_data["template"])


def wording_label(version: TemplateVersion) -> str:
    template: Template = version.template
    return f"{template.get_channel_display()} · {template.get_content_display()} · {template.name} ({version.name})"


class KindForm(Refusing):
    """Which kind of provider is added."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)


_HINTS = {
    "port": _("587 with STARTTLS, 465 with TLS; 993 for IMAP."),
    "bounces": _("An address of its own whose mailbox is read."),
    "tagged": _("Try it: write to name+test@ and see whether it comes."),
    "signature": _("In 【】 in front of every text; it has to be registered with the provider."),
    "callback_token": _("Make one up, long. It stands in the address the provider calls."),
    "idempotent": _("If it does, a lost answer is safe to send again."),
    "resend": _("If so, a message may arrive twice; else a person decides."),
    "lines": _("One a line."),
    "desks": _("One a line: login name = host:port."),
    "fields": _("One a line: our word = theirs."),
    "codes": _("One a line: their code = ours."),
    "sender": _("Register it among the lines, too."),
}


class ProviderForm(Refusing):
    """The settings of a provider. A secret is never shown again: left empty, it stays as it is."""

    places: ClassVar = {"name_taken": "name", "unknown_fault": "moves_on", "bad_limit": "per_minute"}

    def __init__(self, *args: Any, kind: str, provider: Provider | None = None, **kwargs: Any) -> None:
        if provider is not None and not args:
            kwargs["initial"] = _as_kept(provider)
        super().__init__(*args, **kwargs)
        self.kind, self.provider = kind, provider
        self.fields["name"] = forms.CharField(label=_("Name"), max_length=100)
        for field in FIELDS[kind]:
            self.fields[f"set_{field.name}"] = _field(field, known=provider is not None)
        self.fields["order"] = forms.IntegerField(
            label=_("Order"),
            min_value=1,
            max_value=99,
            initial=1,
            help_text=_("The lowest of a channel is used first."),
        )
        if kind not in STAFF_ONLY and kind not in (Kind.IMAP, Kind.TEL):
            self.fields["moves_on"] = forms.MultipleChoiceField(
                label=_("The next one is tried when this one"),
                choices=[(str(fault), label) for fault, label in FAULT_LABELS.items()],
                widget=forms.CheckboxSelectMultiple,
                required=False,
                initial=["unreachable", "content", "account"],
            )
        for name, label in (
            ("per_second", _("At most a second")),
            ("per_minute", _("At most a minute")),
            ("per_day", _("At most a day")),
        ):
            self.fields[name] = forms.IntegerField(label=label, min_value=1, max_value=1_000_000, required=False)
        if kind not in STAFF_ONLY:
            self.fields["own_route"] = forms.BooleanField(
                label=_("own number or contracted route: may carry what presses for payment"),
                required=False,
                initial=kind not in (Kind.ALIYUN_SMS, Kind.TENCENT_SMS),
            )
            self.fields["for_staff"] = forms.BooleanField(label=_("for alerts to staff only"), required=False)

    def config(self) -> dict[str, Any]:
        """The settings as ``providers.add`` and ``change`` take them."""
        found = {}
        for field in FIELDS[self.kind]:
            value = self.cleaned_data[f"set_{field.name}"]
            if field.shape == "number":
                value = value if value is not None else field.default
            elif field.shape == "list":
                value = [each.strip() for each in value.splitlines() if each.strip()]
            elif field.shape == "map":
                value = _pairs(value)
            elif field.shape == "secret" and not value:
                continue
            if value is not None:
                found[field.name] = value
        return found

    def columns(self) -> dict[str, Any]:
        names = ("order", "moves_on", "per_second", "per_minute", "per_day", "own_route", "for_staff")
        return {name: self.cleaned_data[name] for name in names if name in self.fields}

    def refuse(self, refusal: Any) -> None:
        named = {str(field.label): f"set_{field.name}" for field in FIELDS[self.kind]}
        place = named.get(str(refusal.facts.get("name", "")))
        if refusal.code in ("bad_setting", "missing_setting") and place:
            self.add_error(place, refusal.sentence)
        else:
            super().refuse(refusal)


def _pairs(text: str) -> dict[str, str]:
    """Lines of ``a = b``; a line without = is left out."""
    parts = (line.partition("=") for line in text.splitlines())
    return {key.strip(): value.strip() for key, sign, value in parts if sign and key.strip()}


def _field(field: Field, *, known: bool) -> forms.Field:
    """The form's field of a setting."""
    hint: Any = _HINTS.get(field.name, "")
    given: dict[str, Any] = {"label": field.label, "help_text": hint, "required": False}
    if field.shape == "secret":
        hint = _("Kept sealed and never shown. Empty: it stays as it is.") if known else _("Kept sealed, never shown.")
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        return forms.CharField(**{**given, "help_text": hint, "required": field.required and not known}, widget=widget)
    if field.shape == "flag":
        return forms.BooleanField(**given, initial=bool(field.default))
    if field.shape == "number":
        return forms.IntegerField(**given, min_value=1, max_value=65_535, initial=field.default)
    if field.shape in ("list", "map"):
        return forms.CharField(**given, widget=forms.Textarea(attrs={"rows": 3}))
    if field.choices:
        choices = [(each, each or "—") for each in field.choices]
        return forms.ChoiceField(**given, choices=choices, initial=field.default)
    required = field.required
    return forms.CharField(**{**given, "required": required}, max_length=500, initial=field.default or "")


def _as_kept(provider: Provider) -> dict[str, Any]:
    """What a form shows of a provider: never a secret."""
    found: dict[str, Any] = {
        name: getattr(provider, name)
        for name in ("name", "order", "moves_on", "per_second", "per_minute", "per_day", "own_route", "for_staff")
    }
    for field in FIELDS[provider.kind]:
        if field.shape == "secret":
            continue
        value = provider.setting(field.name)
        if field.shape == "list":
            value = "\n".join(value)
        elif field.shape == "map":
            value = "\n".join(f"{key} = {each}" for key, each in dict(value).items())
        found[f"set_{field.name}"] = value
    return found


class SubmissionForm(Refusing):
    """One of our wordings was given to a provider for approval."""

    def __init__(self, *args: Any, wordings: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template_code"] = forms.ChoiceField(label=_("Our wording"), choices=list(wordings.items()))
        self.fields["their_code"] = forms.CharField(label=_("Its code at the provider"), max_length=64)
        self.fields["variables"] = forms.CharField(
            label=_("Its variables, in the provider’s order"),
            max_length=500,
            required=False,
            help_text=_("By our names, separated by commas."),
        )
        self.fields["signature"] = forms.CharField(label=_("Signature there"), max_length=64, required=False)

    def names(self) -> list[str]:
        words = str(self.cleaned_data["variables"]).replace("，", ",").split(",")
        return [each.strip() for each in words if each.strip()]


class LineForm(Refusing):
    """A number or address of our own."""

    places: ClassVar = {"line_known": "value"}

    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    value = forms.CharField(label=_("Number, address or account"), max_length=64)
    name = forms.CharField(label=_("What it is called"), max_length=100, required=False)
    contracted = forms.BooleanField(
        label=_("own or contracted: may carry what presses for payment"), required=False, initial=True
    )


class StopForm(Refusing):
    """What is stopped, and why."""

    channel = forms.ChoiceField(
        label=_("What is stopped"),
        choices=[
            ("", pgettext_lazy("sending", "everything")),
            *((each.value, each.label) for each in (*WRITTEN, Channel.PHONE)),
        ],
        required=False,
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)


class CustomerForm(Refusing):
    """Whose an answer is."""

    places: ClassVar = {"known_already": "customer"}

    customer = forms.CharField(label=_("Customer number"), max_length=64)


class CertificateForm(Refusing):
    """That somebody was trained and passed."""

    places: ClassVar = {"unknown_kind": "kind", "bad_days": "last_day", "until_on": "last_day"}

    kind = forms.ChoiceField(label=_("What it certifies"), choices=Certificate.Kind.choices)
    note = forms.CharField(label=_("Number, course"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_on"] = Day(label=_("First day"))
        self.fields["last_day"] = Day(label=_("Last day"))
        self.order_fields(["kind", "from_on", "last_day", "note"])
