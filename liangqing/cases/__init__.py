"""Cases: one live case a customer and creditor, its tasks, promises, owner and place in the list."""
