"""Receivables: contracts, bills, receipts and how money received is set against what is owed."""
