"""Proposes a topic file from articles: what they speak of more than general language does, and who meets whom.

`propose.py` is the way in; everything here is pure.
"""
