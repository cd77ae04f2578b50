"""What account templates ask."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def mail_is_sent() -> bool:
    """Returns whether a mail server is set up; without one, messages are printed in the server's log."""
    return bool(settings.EMAIL_HOST)


@register.simple_tag
def signup_is_open() -> bool:
    """Returns whether strangers may sign up."""
    return bool(settings.OPEN_SIGNUP)
