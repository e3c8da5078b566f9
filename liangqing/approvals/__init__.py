"""Who must say yes before an act binds the institution, and who did."""
