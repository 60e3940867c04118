"""Recurrent models out of released packages, built small: a Case each, by package and class.

cases           what a Case is, and random data for it
sound, series, words_and_acts, graphs    the models
"""

from __future__ import annotations

from released import graphs, series, sound, words_and_acts
from released.cases import CASES, Case

__all__ = ["CASES", "Case", "graphs", "series", "sound", "words_and_acts"]
