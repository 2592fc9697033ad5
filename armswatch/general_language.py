"""General language out of wordfreq, which comes with the extra `seed`: only this module imports it."""

from __future__ import annotations

from core.errors import UserError
from processors.seeding.background import Background

_WORDS = 1e9  # running words; wordfreq's lists are drawn from about so many in the larger languages
_INSTALL = "Install it with: pip install 'armswatch[seed]'; or give a text to count instead, with --background FILE."


def general_language(language: str) -> Background:
    """Load how often words are used in a language.

    Raises:
        UserError: wordfreq is not installed, or has no list for the language.
    """
    try:
        from wordfreq import available_languages, get_frequency_dict  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UserError("wordfreq, which knows general language, is not installed.", _INSTALL) from error
    known = available_languages("best")
    if language not in known:
        remedy = f"It has {', '.join(sorted(known))}. For another, give a text to count with --background FILE."
        raise UserError(f"wordfreq has no list for the language {language!r}.", remedy)
    return Background(get_frequency_dict(language, "best"), _WORDS, f"wordfreq ({language})")
