"""Alerts to people and machines."""
