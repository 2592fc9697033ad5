"""A small general language for these tests, so that they need no list of words."""

from __future__ import annotations

from typing import Final

from processors.seeding.background import Background

_OFTEN: Final = """
the a an of in on at to for from by with as and or but that this it its he she they his her their is are was were be been
has had have will would not no who which what when where after before over near into only both any some more most said
could can may must about one two three new old through there then
"""
_NOW_AND_THEN: Final = """
minister president leader visit visited report people north south east west country city port factory plant machine machines
part parts rule rules side sides government trade wood house water bread road light line lines year years black sea raised rose rise rises protest met tenants
"""
USUAL: Final = Background(
    dict.fromkeys(_OFTEN.split(), 5e-3) | dict.fromkeys(_NOW_AND_THEN.split(), 5e-5), 1e9, "a small general language"
)
