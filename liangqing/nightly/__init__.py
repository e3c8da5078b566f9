"""The nightly run: its engine and its record. It knows no debt: rooms hand it sources, steps and landings."""
