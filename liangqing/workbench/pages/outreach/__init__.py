"""Pages about reaching the debtor: who may be reached now, what holds back, and the receipt of every decision."""
