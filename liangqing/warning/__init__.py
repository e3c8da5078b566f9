"""Early warning: how late and how much of it, three levels, and who is told (P3 3)."""
