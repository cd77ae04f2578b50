"""The link by which somebody whom an admin added sets a first password."""

from smtplib import SMTPException
from typing import cast

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.http import HttpRequest

from accounts_app.models import Membership

log = structlog.get_logger(__name__)


def invitation_link(*, request: HttpRequest, membership: Membership) -> str:
    """Returns an absolute URL that sets the member's password once, within PASSWORD_RESET_TIMEOUT seconds.

    Whoever holds the link becomes that user: the caller must know that the user has nothing to lose
    elsewhere (`queries.awaiting_password`).
    """
    user = membership.user
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    return cast(str, get_adapter(request).get_reset_password_from_key_url(key))


def mail_invitation(*, request: HttpRequest, membership: Membership, link: str) -> bool:
    """Mail `link` to the member, if a mail server is set up. Returns whether it took the message."""
    if not settings.EMAIL_HOST:
        return False
    context = {"membership": membership, "actor": request.user, "link": link}
    try:
        get_adapter(request).send_mail("account/email/invitation", membership.user.email, context)
    except (SMTPException, OSError) as error:
        # The admin has the link and can hand it over: no reason to fail what is already stored.
        log.warning("invitation not mailed", error=str(error))
        return False
    return True
