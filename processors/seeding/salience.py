"""How much more a word is used in the seeds than in general language.

Log-odds ratio with an informative Dirichlet prior: Monroe, Colaresi & Quinn, "Fightin' Words: Lexical Feature
Selection and Evaluation for Identifying the Content of Political Conflict", Political Analysis 16 (2008) 372-403,
equations 15, 16 and 22. The prior is the background itself, weighing as much as the seeds do.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Salience(NamedTuple):
    """How a word stands out."""

    log_odds: float  # natural; 0 is as in general language
    z: float  # in standard deviations: how sure that is


def salience(count: int, running: int, rate: float, background_size: float) -> Salience:
    """Compare a word's use in the seeds with its use in general language.

    Args:
        count: occurrences in the seeds.
        running: all running words of the seeds.
        rate: the word's share in general language, above 0.
        background_size: running words the rate was counted in.
    """
    prior = running * rate
    there = rate * background_size
    ours = math.log((count + prior) / max(2 * running - count - prior, prior))
    theirs = math.log((there + prior) / max(background_size + running - there - prior, prior))
    return Salience(ours - theirs, (ours - theirs) / math.sqrt(1 / (count + prior) + 1 / (there + prior)))
