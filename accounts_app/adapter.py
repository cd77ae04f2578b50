"""What allauth asks us: whether strangers may sign up, and where people go after log-in."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from accounts_app import actions


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed unless HELICONE_OPEN_SIGNUP is set: a dashboard holds other people's prompts."""
        return bool(settings.OPEN_SIGNUP)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """A person who signs up gets an organization of their own: without one there is nothing to see."""
        user = super().save_user(request, user, form, commit=commit)
        if commit:
            actions.create_organization(name=f"{user.email.split('@')[0]}'s organization", owner=user)
        return user
