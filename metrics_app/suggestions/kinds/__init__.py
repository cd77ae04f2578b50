"""The detectors, one for each kind of suggestion or two that need the same look.

Their order says who counts first: what need not have been asked at all, then what could have cost less.
"""

from metrics_app.suggestions.kinds.cut_off import CutOff
from metrics_app.suggestions.kinds.dear_models import DearModels
from metrics_app.suggestions.kinds.loops import Loops
from metrics_app.suggestions.kinds.prefixes import Prefixes
from metrics_app.suggestions.kinds.repeated import Repeated
from metrics_app.suggestions.kinds.retries import Retries
from metrics_app.suggestions.kinds.unused_tools import UnusedTools
from metrics_app.suggestions.tally import Detector


def all_detectors() -> list[Detector]:
    """Returns new ones, in the order in which each call is to be shown to them."""
    return [Loops(), Repeated(), Retries(), Prefixes(), DearModels(), CutOff(), UnusedTools()]
