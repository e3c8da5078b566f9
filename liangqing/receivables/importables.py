"""Which kinds of file can come in, in the order in which they should."""

from __future__ import annotations

from liangqing.imports.landing import Importable
from liangqing.parties.actions import land_customers
from liangqing.receivables.actions import land_bills, land_payments

IMPORTABLES: tuple[Importable, ...] = (land_customers.IMPORTABLE, land_bills.IMPORTABLE, land_payments.IMPORTABLE)
