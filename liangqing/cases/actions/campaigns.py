"""Campaigns: cases shared out evenly among chosen people, looked at first, confirmed, and undone where untouched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from liangqing.cases.actions.assign import check, hand_over
from liangqing.cases.events import CampaignConfirmed, CampaignUndone
from liangqing.cases.lifecycle import CaseStage
from liangqing.cases.models import Campaign, Case, Share
from liangqing.cases.rules.sharing import Item, share
from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.people.rights import demand, reach
from liangqing.receivables.queries.account import late_of
from liangqing.trail.actions.tell import tell


@dataclass(frozen=True)
class Portion:
    """What one person would get: cases (ids), and what is late on them by currency."""

    person: User
    cases: tuple[int, ...]
    amounts: tuple[Money, ...]

    @property
    def count(self) -> int:
        return len(self.cases)


@clause("P4-4 even share")
def preview(case_ids: Iterable[int], people: Sequence[User], *, by: User) -> list[Portion]:
    """How the cases would be shared today, person by person in the order given; changes nothing.

    The same cases, people and books give the same portions, and ``confirm`` shares by the portions it is given.
    Closed cases are left out. Raises ``Refusal``: 403 as ``assign`` does; 422 without people or open cases.
    """
    demand(by, "case.assign")
    if not people:
        raise Refusal("nobody_chosen", _("Choose at least one person to share among."), status=422, field="people")
    within = reach(by)
    for person in people:
        check(person, within)
    found = list(
        Case.objects.filter(pk__in=list(case_ids), stage=CaseStage.OPEN).values_list("id", "party_id", "creditor_id")
    )
    if not found:
        raise Refusal("no_cases", _("None of these cases is open. Choose others."), status=422, field="cases")
    late = late_of({(party, creditor) for _case, party, creditor in found}, clock.today())
    owed = {
        case: {money.currency: money.amount for money in late[party, creditor].late}
        if (party, creditor) in late
        else {}
        for case, party, creditor in found
    }
    given = share((_item(case, amounts) for case, amounts in owed.items()), [person.pk for person in people])
    return [_portion(person, [case for case, who in given.items() if who == person.pk], owed) for person in people]


def _item(case: int, amounts: dict[str, int]) -> Item:
    """A case weighs what is late in one currency, the first by name."""
    currency = min(amounts, default="")
    return Item(case, amounts.get(currency, 0), currency)


def _portion(person: User, cases: list[int], owed: dict[int, dict[str, int]]) -> Portion:
    sums: dict[str, int] = {}
    for case in cases:
        for currency, amount in owed[case].items():
            sums[currency] = sums.get(currency, 0) + amount
    return Portion(person, tuple(sorted(cases)), tuple(Money(sums[code], code) for code in sorted(sums)))


@action
@clause("P4-4 even share")
def confirm(name: str, portions: Sequence[Portion], *, by: User) -> Campaign:
    """Give every person the portion that was looked at, and remember whose each case was.

    A case that was closed meanwhile is passed over. Raises ``Refusal`` as ``assign`` does; 422 without a name, or when
    a case stands in two portions.
    """
    if not name.strip():
        raise Refusal("name_missing", _("Give the campaign a name."), status=422, field="name")
    wanted = {case: portion.person for portion in portions for case in portion.cases}
    if len(wanted) != sum(portion.count for portion in portions):
        raise Refusal(
            "shared_twice", _("A case stands in two portions. Make the preview again."), status=422, field="cases"
        )
    changed = hand_over(wanted, by=by, reason=name.strip())
    campaign = Campaign.objects.create(name=name.strip(), by=by, at=clock.now())
    Share.objects.bulk_create(
        (Share(campaign=campaign, case_id=case, before_id=before, after_id=after) for case, before, after in changed),
        batch_size=5000,
    )
    tell(
        CampaignConfirmed(
            thing_id=campaign.pk,
            campaign=campaign.name,
            cases=len(changed),
            people=len({p.person.pk for p in portions}),
        ),
        by=by,
    )
    return campaign


@action
def undo(campaign: Campaign, *, by: User) -> tuple[int, int]:
    """Give the cases back to whom they were; returns how many went back and how many stayed.

    A case stays when somebody has given it to another person since, when it is closed, or when whose it was has left or
    had nobody. Raises ``Refusal``: 403 as ``assign`` does; 409 when the campaign was undone already.
    """
    demand(by, "case.assign")
    now = clock.now()
    if not Campaign.objects.filter(pk=campaign.pk, undone_at__isnull=True).update(undone_at=now, undone_by=by):
        raise Refusal("undone_already", _("This campaign has been undone already."))
    campaign.undone_at, campaign.undone_by = now, by
    shares = list(Share.objects.filter(campaign=campaign).select_related("case", "before"))
    back = {
        row.case_id: row.before
        for row in shares
        if row.before and row.before.is_active and row.case.owner_id == row.after_id
    }
    returned = len(hand_over(back, by=by, reason=campaign.name)) if back else 0
    tell(
        CampaignUndone(thing_id=campaign.pk, campaign=campaign.name, returned=returned, kept=len(shares) - returned),
        by=by,
    )
    return returned, len(shares) - returned
