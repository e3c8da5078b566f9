"""The kit: money, clock, refusals, lifecycle, the bus, sets. It knows no debt; everything stands on it."""
