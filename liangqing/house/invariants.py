"""What must always hold. Checked at the end of every night and by ``liangqing verify``, in the database itself."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DataError, connection, transaction
from django.utils.translation import gettext, gettext_noop

from liangqing.nightly.night import Touched

# Each query finds what must not be: one row a fault, with the columns its sentence names. The first hundred are told.
_FAULTS = (
    (
        gettext_noop("Receipt {0} has more set against bills ({1}) than came in ({2})."),
        """SELECT r.number, sum(a.amount), r.amount FROM receivables_allocation a
           JOIN receivables_receipt r ON r.id = a.receipt_id
           WHERE %(receipts)s::bigint[] IS NULL OR a.receipt_id = ANY(%(receipts)s::bigint[]) GROUP BY r.id
           HAVING (r.amount > 0 AND (sum(a.amount) > r.amount OR sum(a.amount) < 0))
               OR (r.amount < 0 AND (sum(a.amount) < r.amount OR sum(a.amount) > 0))""",
    ),
    (
        gettext_noop("Bill {0} has more paid ({1}) than was asked ({2})."),
        """SELECT b.number, p.paid, b.principal + b.interest + b.penalty + b.fee + coalesce(j.added, 0)
           FROM (SELECT bill_id, sum(amount) AS paid FROM receivables_allocation
                 WHERE %(bills)s::bigint[] IS NULL OR bill_id = ANY(%(bills)s::bigint[]) GROUP BY bill_id) p
           JOIN receivables_bill b ON b.id = p.bill_id
           LEFT JOIN (SELECT bill_id, sum(principal + interest + penalty + fee) AS added FROM receivables_adjustment
                      GROUP BY bill_id) j ON j.bill_id = b.id
           WHERE p.paid < least(b.principal + b.interest + b.penalty + b.fee + coalesce(j.added, 0), 0)
              OR p.paid > greatest(b.principal + b.interest + b.penalty + b.fee + coalesce(j.added, 0), 0)""",
    ),
    (
        gettext_noop("An allocation of receipt {0} is in another currency or of another customer than bill {1}."),
        """SELECT r.number, b.number FROM receivables_allocation a JOIN receivables_receipt r ON r.id = a.receipt_id
           JOIN receivables_bill b ON b.id = a.bill_id
           WHERE (%(bills)s::bigint[] IS NULL OR a.bill_id = ANY(%(bills)s::bigint[]))
             AND (r.currency <> b.currency OR r.creditor_id <> b.creditor_id OR r.party_id <> b.party_id)""",
    ),
    (
        gettext_noop("Credit note {0} is used for more or less than what is set against bills from it."),
        """SELECT c.number FROM receivables_allocation a JOIN receivables_bill c ON c.id = a.credit_id
           WHERE a.credit_id IS NOT NULL GROUP BY c.id, a.allocated_on
           HAVING sum(a.amount) <> 0 OR coalesce(sum(a.amount) FILTER (WHERE a.bill_id = c.id), 0) > 0""",
    ),
    (
        gettext_noop("Credit note {0} is used for bill {1} of another customer or currency, or is none."),
        """SELECT c.number, b.number FROM receivables_allocation a JOIN receivables_bill c ON c.id = a.credit_id
           JOIN receivables_bill b ON b.id = a.bill_id
           WHERE a.credit_id IS NOT NULL
             AND (c.kind <> 'credit_note' OR (b.kind = 'credit_note' AND b.id <> c.id) OR c.currency <> b.currency
                  OR c.creditor_id <> b.creditor_id OR c.party_id <> b.party_id)""",
    ),
    (
        gettext_noop("Receipt {0} reverses a receipt of another amount."),
        """SELECT r.number FROM receivables_receipt r JOIN receivables_receipt o ON o.id = r.reverses_id
           WHERE (%(receipts)s::bigint[] IS NULL OR r.id = ANY(%(receipts)s::bigint[]))
             AND (r.amount <> -o.amount OR r.currency <> o.currency)""",
    ),
    (
        gettext_noop("Case {0} is closed but still has an open task."),
        """SELECT c.number FROM cases_task t JOIN cases_case c ON c.id = t.case_id
           WHERE t.state = 'open' AND c.stage = 'closed'""",
    ),
    (
        gettext_noop("The owner of task {0} is not the owner of its case."),
        """SELECT t.id FROM cases_task t JOIN cases_case c ON c.id = t.case_id
           WHERE t.state = 'open' AND t.owner_id IS DISTINCT FROM c.owner_id""",
    ),
    (
        gettext_noop("Case {0} is closed but has an open promise."),
        """SELECT c.number FROM cases_promise p JOIN cases_case c ON c.id = p.case_id
           WHERE p.state = 'open' AND c.stage = 'closed'""",
    ),
)


def broken(touched: Touched | None = None) -> Iterator[str]:
    """Sentences of what is wrong; nothing when all is well. Where it is told what was touched, only that money is looked at:
    the rest held before, and nothing was written about it since."""
    ids = {"bills": touched.bills if touched else None, "receipts": touched.receipts if touched else None}
    with connection.cursor() as cursor:
        for sentence, query in _FAULTS:
            try:
                with transaction.atomic():
                    cursor.execute(f"{query} LIMIT 100", ids)
                    found = cursor.fetchall()
            except DataError as error:  # a sum beyond all bounds, of a row nobody here wrote
                yield gettext("A check could not be carried out: {error}").format(error=str(error).strip())
                continue
            for row in found:
                yield gettext(sentence).format(*row)
