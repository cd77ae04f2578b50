"""Reading what requests add up to: from sums where they hold the answer, else from the rows. Nobody else need know."""

from metrics_app.reading.questions import Question
from metrics_app.reading.rankings import Ranking, ranking
from metrics_app.reading.spreads import Spread, spreads
from metrics_app.reading.sums import Sums, sums

__all__ = ["Question", "Ranking", "Spread", "Sums", "ranking", "spreads", "sums"]
