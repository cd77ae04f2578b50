"""Who tells which channel."""

from collections import defaultdict
from uuid import UUID

from alerts_app.budgets.models import BudgetReceivers
from alerts_app.rules.models import Alert


def uses_of_channels(organization_id: int) -> dict[UUID, list[str]]:
    """Returns the names of the alerts and budgets that tell each channel, for people."""
    uses: defaultdict[UUID, list[str]] = defaultdict(list)
    alerts = Alert.objects.filter(organization_id=organization_id, channels__isnull=False)
    for id, name in alerts.order_by("name").values_list("channels", "name"):
        uses[id].append(f"alert “{name}”")
    told = BudgetReceivers.objects.filter(budget__organization_id=organization_id, channels__isnull=False)
    for id, name in told.order_by("budget__name").values_list("channels", "budget__name"):
        uses[id].append(f"budget “{name}”")
    return dict(uses)
