"""Feeds to items: schedule, fetch, parse, normalise, changes, publish. The one asyncio package."""
