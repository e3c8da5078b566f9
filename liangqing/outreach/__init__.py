"""How the institution reaches a debtor: the guard that decides each contact, what is said, and the channels it goes by."""
