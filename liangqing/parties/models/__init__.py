from liangqing.parties.models.contact import Contact
from liangqing.parties.models.creditor import Creditor
from liangqing.parties.models.party import Alias, Party

__all__ = ["Alias", "Contact", "Creditor", "Party"]
