"""The house: settings, commands, who hears what, and what the night runs in which order."""
