"""What the night tells of warnings; written in bulk, so these are names and facts rather than classes."""

from __future__ import annotations

ALERT_RAISED = "alert raised"
