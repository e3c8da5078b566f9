"""What is told of warnings. The night writes its own in bulk, so those are names and facts rather than classes."""

from __future__ import annotations

ALERT_RAISED = "alert raised"
ALERT_ESCALATED = "alert escalated"
ALERT_ACKNOWLEDGED = "alert acknowledged"
