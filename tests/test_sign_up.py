"""Strangers make no account unless that is switched on; then they get an organization of their own."""

import secrets

import pytest
from django.test import Client, override_settings

from accounts_app.models import Membership, Role, User
from tests.live import Stack
from tests.web_client import WebClient


@pytest.fixture
def form(stack: Stack) -> dict[str, str]:
    password = "a quite unlikely password"
    return {
        "email": f"new-{secrets.token_hex(6)}@example.com",
        "password1": password,
        "password2": password,
    }


def test_sign_up_is_closed_by_default(stack: Stack, form: dict[str, str]) -> None:
    answer = WebClient(stack.url).post("/accounts/signup/", form)
    assert "Sign-up is closed" in answer.text
    assert not User.objects.filter(email=form["email"]).exists()


@override_settings(OPEN_SIGNUP=True)
def test_whoever_signs_up_owns_an_organization(form: dict[str, str]) -> None:
    # In this process, since the running product has it switched off.
    assert Client().post("/accounts/signup/", form).status_code == 302
    membership = Membership.objects.get(user__email=form["email"])
    assert membership.role == Role.OWNER


@override_settings(OPEN_SIGNUP=True)
def test_an_address_signs_up_once(form: dict[str, str]) -> None:
    User.objects.create_user(form["email"])
    answer = Client().post("/accounts/signup/", form)
    assert "already registered" in answer.content.decode()
    assert not Membership.objects.filter(user__email=form["email"]).exists()


def test_somebody_without_an_organization_is_offered_to_make_one(stack: Stack, form: dict[str, str]) -> None:
    client = WebClient(stack.url, User.objects.create_user(form["email"]))
    answer = client.get("/")
    assert (answer.status, answer.location) == (302, "/organizations/new/")
    assert "You belong to no organization" in client.get(answer.location).text
