"""What is shown to people, in one place: each function turns values into text, and nothing else."""

from __future__ import annotations

from delivery.alerts import alert_json, alert_text, silent_text
from delivery.status import silence_text, status_text
from delivery.why import why_text

__all__ = ["alert_json", "alert_text", "silence_text", "silent_text", "status_text", "why_text"]
