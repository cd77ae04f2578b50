"""Keys of organizations: bodies brought under them, wrapped by another master key, destroyed with what they held."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts_app.actions import store_provider_key
from accounts_app.models import Erasure, ErasureKind, ProviderKey
from accounts_app.secrets import decrypt
from ingest_app import data_keys, pace, tasks
from ingest_app.bodies import BodyKey, body_store
from ingest_app.bodies.sealing import MARK, head
from ingest_app.data_keys import current_key, has_replaced_keys, held_keys, replace_key
from ingest_app.dead_letters import bury, letter_event, newest
from ingest_app.encryption import seal_bodies
from tests.api import Api
from tests.events import wait_until
from tests.live import Stack, Tenant
from tests.logged_days import LONG, asking, count, days_ago, rows, store, texts
from tests.plain_text import tables_with
from tests.searching import Searches, said

OTHER_MASTER = "another master key"


@pytest.fixture
def encrypts(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process encrypts, whatever the product's worker does."""
    monkeypatch.setattr(settings, "ENCRYPT_BODIES", True)


@pytest.fixture
def searches(stack: Stack, organization: Tenant) -> Searches:
    return Searches(Api(stack.url, organization.api_key), organization.id)


@pytest.fixture
def one_at_a_time(stack: Stack) -> Iterator[None]:
    """Nobody else rotates meanwhile: that is done to the keys of all organizations."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('tests of rotation', 0))")
        yield
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended('tests of rotation', 0))")


@pytest.fixture
def under_another_master(one_at_a_time: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[Tenant], None]:
    """Returns a function that wraps an organization's keys as if HELICONE_SECRET_KEY had been changed since."""

    def wrap(tenant: Tenant) -> None:
        with monkeypatch.context() as before, connection.cursor() as cursor:
            cursor.execute(
                "SELECT number, wrapped FROM organization_data_key WHERE organization_id = %s", [tenant.id]
            )
            for number, wrapped in cursor.fetchall():
                context = data_keys._context(tenant.id, number)
                secret = data_keys.unwrap_key(bytes(wrapped), context=context)
                before.setattr(settings, "SECRET_KEY", OTHER_MASTER)
                wrapped = data_keys.wrap_key(secret, context=context)
                cursor.execute(
                    "UPDATE organization_data_key SET wrapped = %s WHERE organization_id = %s AND number = %s",
                    [wrapped, tenant.id, number],
                )

    return wrap


def said_by(command: str, *arguments: str) -> str:
    """Returns what a command printed."""
    output = io.StringIO()
    call_command(command, *arguments, stdout=output)
    return output.getvalue()


def rotate(*arguments: str) -> None:
    """Rotate. Of other tests there may be keys that nobody can read, so it may say that it is not all well."""
    with suppress(CommandError):
        said_by("rotate_secret_key", *arguments)


def heads(tenant: Tenant) -> set[bytes]:
    """Returns what the organization's stored bodies and blobs begin with, as far as it says under which key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT request_body, response_body, sealed_preview FROM body WHERE organization_id = %(id)s"
            " UNION ALL SELECT data, NULL, NULL FROM blob WHERE organization_id = %(id)s",
            {"id": tenant.id},
        )
        stored = [bytes(value) for row in cursor.fetchall() for value in row if value is not None]
    return {value[:5] if value.startswith(MARK) else b"plain" for value in stored}


def previews(tenant: Tenant) -> list[str]:
    keys = [BodyKey(row.organization_id, row.created_at, row.id) for row in rows(tenant.id)]
    found = body_store().previews(keys)
    return [found[key.id] for key in keys]


# Encrypting what is there


@pytest.mark.usefixtures("encrypts")
def test_old_bodies_are_encrypted_by_a_command(
    organization: Tenant, make_tenant: Callable[[], Tenant]
) -> None:
    other = make_tenant()
    for tenant in (organization, other):
        store(*(asking(tenant.id, days_ago(age), f"{age} {LONG}") for age in (20, 2, 1)))
    assert heads(organization) == {b"plain"}
    before = texts(organization.id)
    said = said_by("encrypt_bodies", "--organization", organization.organization.slug)
    assert f"{organization.organization.slug}: 3 bodies and 0 dead letters encrypted" in said
    assert heads(organization) == {head(current_key(organization.id))}
    assert texts(organization.id) == before
    assert previews(organization)[0].startswith("20 This sentence")
    assert tables_with(connection.connection, "sentence is shared", organization_id=organization.id) == set()
    assert heads(other) == {b"plain"}
    assert "0 bodies" in said_by("encrypt_bodies", "--organization", organization.organization.slug)


@pytest.mark.usefixtures("encrypts")
def test_encrypting_that_was_broken_off_is_gone_on_with(
    organization: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "FIRST", 2)
    store(*(asking(organization.id, days_ago(age), f"{age} {LONG}") for age in range(1, 8)))

    def break_off(bodies: int, until: Any) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        seal_bodies(organization.id, note=break_off)
    assert len(heads(organization)) == 2
    assert len(texts(organization.id)) == 7
    assert seal_bodies(organization.id) == 5
    assert heads(organization) == {head(current_key(organization.id))}
    assert len(texts(organization.id)) == 7


def test_encrypting_old_bodies_alone_is_refused(organization: Tenant) -> None:
    with pytest.raises(CommandError, match="HELICONE_ENCRYPT_BODIES"):
        call_command("encrypt_bodies", "--organization", organization.organization.slug)


@pytest.mark.usefixtures("encrypts")
def test_events_that_could_not_be_stored_are_encrypted_too(organization: Tenant) -> None:
    with connection.cursor() as cursor:
        bury(cursor, [(asking(organization.id, days_ago(1), "a walrus"), "why")])
        cursor.execute("SELECT payload FROM dead_letter WHERE organization_id = %s", [organization.id])
        ((payload,),) = cursor.fetchall()
    assert b"walrus" not in bytes(payload)
    (letter,) = newest(organization.id)
    assert b"walrus" in (letter_event(organization_id=organization.id, id=letter.id).request_body or b"")


# Another master key


@pytest.mark.usefixtures("encrypts")
def test_after_a_change_of_the_secret_key_the_earlier_one_opens_everything(
    searches: Searches, organization: Tenant, under_another_master: Callable[[Tenant], None]
) -> None:
    searches.log(one=said(organization.id, "a walrus"))
    seal_bodies(organization.id)
    under_another_master(organization)
    answer = searches.api.get("/api/requests/", q="walrus")
    assert (answer.status, "HELICONE_SECRET_KEY was changed" in str(answer.json)) == (400, True)
    assert previews(organization) == [""]
    with pytest.raises(CommandError, match="give it with --from"):
        call_command("rotate_secret_key", "--from", "a wrong one", stdout=io.StringIO())

    rotate("--from", OTHER_MASTER)
    assert searches.found("walrus") == ["one"]
    assert previews(organization) == ["a walrus"]


@pytest.mark.usefixtures("encrypts")
def test_the_previous_secret_key_may_be_given_beside_the_new_one(
    organization: Tenant, under_another_master: Callable[[Tenant], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    store(asking(organization.id, days_ago(1), "a walrus"))
    seal_bodies(organization.id)
    under_another_master(organization)
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [OTHER_MASTER])
    assert previews(organization) == ["a walrus"]
    rotate()
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [])
    assert previews(organization) == ["a walrus"]


def test_provider_keys_are_taken_over_too(
    one_at_a_time: None, organization: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(settings, "SECRET_KEY", OTHER_MASTER)
        store_provider_key(organization=organization.organization, provider="openai", secret="sk-mine")
    rotate("--from", OTHER_MASTER)
    stored = ProviderKey.objects.get(organization=organization.organization)
    assert decrypt(stored.ciphertext) == "sk-mine"


@pytest.mark.usefixtures("encrypts")
def test_when_the_earlier_key_is_lost_what_is_plain_is_found_again(
    searches: Searches, organization: Tenant, under_another_master: Callable[[Tenant], None]
) -> None:
    searches.log(sealed=said(organization.id, "a sealed walrus"))
    seal_bodies(organization.id)
    searches.log(plain=said(organization.id, "a plain walrus"))
    under_another_master(organization)
    rotate("--lost")
    wait_until(lambda: searches.found("walrus") == ["plain"], within_s=20)
    assert previews(organization) == ["", "a plain walrus"]
    # Should it be found after all, what was under it can be read again.
    rotate("--from", OTHER_MASTER)
    assert previews(organization) == ["a sealed walrus", "a plain walrus"]


# Destroying


@pytest.mark.usefixtures("encrypts")
def test_erasing_an_organizations_traffic_destroys_its_key(searches: Searches, organization: Tenant) -> None:
    searches.log(
        old=said(organization.id, "a walrus " + LONG),
        coming=asking(organization.id, days_ago(-0.005), "a later walrus " + LONG),
    )
    seal_bodies(organization.id)
    with connection.cursor() as cursor:
        bury(cursor, [(asking(organization.id, days_ago(0), "a letter"), "why")])
        cursor.execute(
            "UPDATE dead_letter SET died_at = died_at + interval '1 hour' WHERE organization_id = %s",
            [organization.id],
        )
    old_key = current_key(organization.id)
    erasure = Erasure.objects.create(
        organization=organization.organization, kind=ErasureKind.ORGANIZATION, value=""
    )
    tasks.erase(erasure_id=erasure.pk)

    def finished() -> bool:
        erasure.refresh_from_db()
        return erasure.finished_at is not None

    wait_until(finished, within_s=30)
    key = current_key(organization.id)
    assert (key.number, has_replaced_keys(organization.id)) == (old_key.number + 1, False)
    assert key.names != old_key.names
    assert heads(organization) == {head(key)}
    assert [text.count("a later walrus") for text in texts(organization.id)] == [1]
    wait_until(lambda: searches.found("walrus") == ["coming"], within_s=20)
    (letter,) = newest(organization.id)
    assert b"a letter" in (letter_event(organization_id=organization.id, id=letter.id).request_body or b"")


def test_a_key_is_not_replaced_while_a_writer_uses_it(organization: Tenant) -> None:
    old = current_key(organization.id)
    used = []

    def replace() -> None:
        replace_key(organization.id, made_before=days_ago(-1))
        connection.close()

    def write() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            used.append(held_keys(cursor, [organization.id])[organization.id].number)
        connection.close()

    replacing, writing = threading.Thread(target=replace), threading.Thread(target=write)
    with transaction.atomic(), connection.cursor() as cursor:
        assert held_keys(cursor, [organization.id])[organization.id] is old
        replacing.start()
        replacing.join(0.3)
        assert replacing.is_alive()
        writing.start()
        writing.join(0.3)
    replacing.join(20)
    writing.join(20)
    assert current_key(organization.id).number == 2
    # Whether the second writer came before or after, it used what was current then.
    assert used in ([1], [2])
    write()
    assert used[-1] == 2


def test_erasing_one_users_traffic_keeps_the_key(organization: Tenant) -> None:
    key = current_key(organization.id)
    store(asking(organization.id, days_ago(1), user_id="ann"))
    erasure = Erasure.objects.create(
        organization=organization.organization, kind=ErasureKind.USER, value="ann"
    )
    tasks.erase(erasure_id=erasure.pk)
    wait_until(lambda: count("request", organization.id) == 0)
    assert current_key(organization.id) is key
