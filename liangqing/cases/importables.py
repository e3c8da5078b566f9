"""All kinds of file, in the order in which they must land: customers before their bills, bills before what pays them,
and contacts once the cases they tell of are there."""

from __future__ import annotations

from liangqing.cases.actions import land_contacts
from liangqing.imports.landing import Importable
from liangqing.receivables.importables import IMPORTABLES as LEDGER

IMPORTABLES: tuple[Importable, ...] = (*LEDGER, land_contacts.IMPORTABLE)
