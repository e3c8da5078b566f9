"""What people write is held against the list; a find opens a review, which a person decides. It stops nobody by itself.

The trail tells it of the review and not of the customer: how somebody chose their words is no part of the customer's file.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.content.events import ReviewConfirmed, ReviewDismissed, ReviewOpened
from liangqing.outreach.content.lifecycle import REVIEW
from liangqing.outreach.models import Review
from liangqing.outreach.rules import language
from liangqing.outreach.rules.language import Hit
from liangqing.parties.models import Party
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

_EVENTS = {"confirm": ReviewConfirmed, "dismiss": ReviewDismissed}
LONGEST = 2000
"""Characters of a conclusion."""


@clause("P3 4.2.4")
def examine(
    text: str, *, source: str, kind: str, regime: str, party: Party, case: str = "", author: User | None
) -> list[Hit]:
    """Hold a note against the list, in the transaction that keeps it; what is found opens a review. Nothing is refused.

    ``kind`` is ``record`` or ``import`` (``Review.Kind``), ``regime`` whose rules count. Done again for the same
    ``source``, it changes nothing.
    """
    if not text.strip():
        return []
    found = language.check(text, content=kind, regime=regime)
    open_for(text, found, source=source, kind=kind, party=party, case=case, author=author)
    return found


@action
def open_for(
    text: str, found: Sequence[Hit], *, source: str, kind: str, party: Party, case: str = "", author: User | None
) -> Review | None:
    """Open the review of a text for what was found in it; None where nothing was, or where there is one already."""
    if not found:
        return None
    row, new = Review.objects.get_or_create(
        source=source,
        defaults={
            "kind": kind,
            "party": party,
            "case": case,
            "author": author,
            "categories": sorted({hit.category for hit in found}, key=lambda code: int(code[1:])),
            "places": [
                {"start": hit.start, "end": hit.end, "category": hit.category, "severity": hit.severity}
                for hit in found
            ],
            "person": any(hit.severity == "person" for hit in found),
            "text_stored": sealing.seal(text),
            "opened_at": clock.now(),
        },
    )
    if not new:
        return None
    tell(
        ReviewOpened(
            thing_id=row.pk, case=row.case, source=source, categories=row.categories
        ),
        by=author,
    )  # fmt: skip
    return row


@clause("P3 4.2.4")
def confirm(review: Review, conclusion: str, *, by: User) -> Review:
    """It should not have been written; the conclusion says what follows, such as a talk or a correction.

    Raises ``Refusal``: 403 without the right; ``own_words`` (409) for whoever wrote them; ``conclusion_missing`` and
    ``conclusion_too_long`` (422); ``moved_on`` when it is decided already.
    """
    return _decide(review, "confirm", conclusion, by)


@clause("P3 4.2.4")
def dismiss(review: Review, conclusion: str, *, by: User) -> Review:
    """There is nothing wrong with it. Raises ``Refusal`` as ``confirm``."""
    return _decide(review, "dismiss", conclusion, by)


@action
def _decide(review: Review, name: str, conclusion: str, by: User) -> Review:
    demand(by, "review.decide")
    row = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
    if row.author_id == by.pk:
        raise Refusal("own_words", _("These are your own words; somebody else decides about them."))
    if not conclusion.strip():
        raise Refusal("conclusion_missing", _("Say what you found."), status=422, field="conclusion")
    if len(conclusion) > LONGEST:
        raise Refusal(
            "conclusion_too_long",
            _("The conclusion has more than {most} characters. Shorten it."),
            status=422,
            field="conclusion",
            most=LONGEST,
        )
    REVIEW.move(
        row, name, decided_by=by, decided_at=clock.now(), conclusion_stored=sealing.seal(conclusion.strip())
    )  # fmt: skip
    tell(
        _EVENTS[name](
            thing_id=row.pk, case=row.case, source=row.source, categories=row.categories
        ),
        by=by,
    )  # fmt: skip
    return row
