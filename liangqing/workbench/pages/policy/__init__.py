"""The policy as the institution edits it: versions, terms, decision tables, trying a table on a customer, the calendar."""
