"""The demo institution: an invented group, its people, customers, ledger and two months of work, told day by day.

Nothing here writes a row behind the house's back: the ledger comes in as files, people act through actions, nights run.
"""
