"""Forms about what is said: templates and their wordings, letters, and words to be looked at."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from liangqing.cases.attitudes import ATTITUDES
from liangqing.cases.words import spoken
from liangqing.kit import clock
from liangqing.outreach.actions.reviews import LONGEST as LONGEST_CONCLUSION
from liangqing.outreach.kinds import Channel, Content, Recipient, Regime
from liangqing.outreach.models import Template
from liangqing.outreach.rules.wording import LONGEST
from liangqing.parties.models import Contact
from liangqing.warning.level import Level
from liangqing.workbench.forms.cases import Day
from liangqing.workbench.forms.contacts import shown
from liangqing.workbench.forms.refusing import Refusing

_ALL = ("", _("all of them"))


class TemplateForm(Refusing):
    """For which circumstances something is said."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(label=_("Name"), max_length=100)
        self.fields["channel"] = _choice(_("Channel"), Channel.choices)
        self.fields["content"] = _choice(_("Content"), Content.choices)
        self.fields["recipient"] = _choice(_("Recipient"), Recipient.choices)
        self.fields["language"] = _choice(_("Language"), Template.Language.choices)
        self.fields["occasion"] = _choice(_("Occasion"), [("", _("the ordinary one")), *Template.Occasion.choices])
        self.fields["level"] = _choice(_("Level"), [_ALL, *Level.choices])
        self.fields["customer_class"] = forms.CharField(
            label=_("Class"), max_length=16, required=False, help_text=_("empty: all of them")
        )
        self.fields["regime"] = _choice(_("Whose rules"), [_ALL, *Regime.choices])
        named = [(code, spoken(each.name)) for code, each in ATTITUDES.items()]
        self.fields["attitude"] = _choice(_("Attitude"), [_ALL, *named])
        self.fields["attitude"].help_text = _("Only of what is said aloud, on the phone or on a visit.")


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=all(value for value, _label in choices))


class WordingForm(Refusing):
    """How it is worded. ``document`` is there for letters: a Word document whose text takes the place of the body."""

    places: ClassVar = {"document_kind": "document", "attachments": "document"}

    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    body = forms.CharField(
        label=_("Text"),
        max_length=LONGEST,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
    )
    why = forms.CharField(
        label=_("Why it changes"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    revision = forms.IntegerField(widget=forms.HiddenInput(), min_value=1)

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if channel in (Channel.SMS, Channel.PHONE, Channel.VISIT):
            self.fields["subject"].widget = forms.HiddenInput()
        if channel == Channel.LETTER:
            self.fields["document"] = forms.FileField(
                label=_("Word document"),
                required=False,
                help_text=_("DOCX with the same variables; it takes the place of the text."),
                widget=forms.FileInput(attrs={"accept": ".docx"}),
            )


class ReasonForm(Refusing):
    """A reason, and nothing else."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class ConclusionForm(Refusing):
    """What somebody who looked at words found, and whether they should have been written."""

    places: ClassVar = {"conclusion_missing": "conclusion", "conclusion_too_long": "conclusion"}

    do = forms.ChoiceField(
        choices=[("confirm", _("should not have been written")), ("dismiss", _("nothing wrong with it"))],
        widget=forms.HiddenInput(),
    )
    conclusion = forms.CharField(
        label=_("What you found"), max_length=LONGEST_CONCLUSION, widget=forms.Textarea(attrs={"rows": 3})
    )


class LetterForm(Refusing):
    """To which address the demand goes."""

    places: ClassVar = {"to": "contact"}

    def __init__(self, *args: Any, contacts: list[Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {str(each.pk): each for each in contacts}
        self.fields["contact"] = forms.ChoiceField(
            label=_("Address"), choices=[(key, shown(each)) for key, each in self.known.items()]
        )

    def contact(self) -> Contact:
        return self.known[self.cleaned_data["contact"]]


class PostedForm(Refusing):
    """A batch was handed to the post: the day, and the counter's list with postal numbers where there is one."""

    places: ClassVar = {"number_taken": "file", "unknown_letter": "file"}

    on = Day(label=_("Posted on"))
    file = forms.FileField(
        label=_("List with postal numbers"),
        required=False,
        help_text=_("CSV: reference, postal number"),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today()


class ResultsForm(Refusing):
    """What the post says of many letters."""

    file = forms.FileField(
        label=_("List of results"),
        help_text=_("CSV: postal number or reference, result (签收, 拒收, 退回), date"),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )


class ResultForm(Refusing):
    """What the post says of one letter."""

    result = forms.ChoiceField(
        label=_("Result"),
        choices=[
            ("delivered", _("delivered")),
            ("declined", _("not accepted")),
            ("returned", _("came back")),
        ],
    )
    on = Day(label=_("Day"))


class SlipForm(Refusing):
    """The slip that came back signed."""

    places: ClassVar = {"attachments": "slip"}

    slip = forms.FileField(label=_("Scan of the signed slip"), widget=forms.FileInput(attrs={"accept": "image/*,.pdf"}))
