"""The log, folded into tables to ask: what was seen, matched, alerted, and why."""
