"""Files in: opened, understood, checked as a set, remembered. It knows no debt: rooms declare kinds and land rows."""
