"""Template filters over helicone_site.formats."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from helicone_site import formats

register = template.Library()

register.filter("money", formats.money)
register.filter("money_exact", formats.money_exact)
register.filter("usd_rate", formats.usd_rate)
register.filter("duration", formats.duration)
register.filter("count", formats.count)
register.filter("count_short", formats.count_short)
register.filter("percent", formats.percent)
register.filter("availability", formats.availability)
register.filter("size", formats.size)


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Returns a `<time>` in the viewer's zone: short text, exact on hover; `–` for None."""
    if value is None:
        return formats.NOTHING
    local = timezone.localtime(value)
    return _time_element(local, formats.time_short(local, timezone.now()))


@register.filter
def ago(value: datetime | None) -> SafeString | str:
    """Returns a `<time>` that says how long ago; `–` for None."""
    if value is None:
        return formats.NOTHING
    return _time_element(timezone.localtime(value), formats.time_ago(value, timezone.now()))


@register.filter
def exact_moment(value: datetime) -> str:
    """Returns date, time to the millisecond and zone, as text."""
    return formats.time_exact(timezone.localtime(value))


def _time_element(local: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), formats.time_exact(local), text
    )
