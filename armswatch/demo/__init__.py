"""A self-contained show of the program: own-written feeds on loopback, the real service over them, and its alerts.

Outlets, people and events in it are invented.
"""
