"""The parties: who owes, who is owed, their names, numbers and ways to be reached."""
