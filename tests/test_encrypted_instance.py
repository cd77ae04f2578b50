"""An instance that encrypts bodies, from its front door to its disk."""

import json
import secrets

from django.db import connection

from tests.api import Api
from tests.events import wait_until
from tests.fake_provider.process import ProviderHandle
from tests.instances import Instance
from tests.live import Tenant, provider_variables
from tests.logged_days import asking, days_ago, store
from tests.plain_text import redis_keys_with, servers_of, tables_with
from tests.raw_http import send

API_KEY = "sk-helicone-encrypt-encrypt-encrypt-encrypt"
PADDING = "Padding, so that this is no part of the row but a blob of its own. " * 4


def ask(instance: Instance, *texts: str) -> str:
    """Ask through the gateway. Returns the text of the answer."""
    messages = [{"role": "user", "content": text} for text in texts]
    answer = send(
        f"{instance.url}/v1/chat/completions",
        body=json.dumps({"model": "gpt-4o", "messages": messages}).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": "Bearer sk-fake-openai-key",
            "Helicone-Auth": f"Bearer {API_KEY}",
        },
    )
    assert answer.status == 200, answer.body
    return str(json.loads(answer.body)["choices"][0]["message"]["content"])


# It needs an instance of its own, whose start is what takes its time.
def test_what_was_said_is_nowhere_to_be_read(tmp_path, provider: ProviderHandle) -> None:
    env = {"HELICONE_INIT_API_KEY": API_KEY, "HELICONE_ENCRYPT_BODIES": "true"}
    with Instance(tmp_path / "data", env=env | provider_variables(provider.url)) as instance:
        instance.start()
        instance.wait_ready()
        api = Api(instance.url, API_KEY)
        marker = "marker" + secrets.token_hex(8)
        said = ask(instance, f"{marker} short", f"{marker} {PADDING}", f"{marker} last")
        (row,) = wait_until(lambda: api.rows(q=marker), within_s=30)

        assert row["preview"] == f"{marker} last"
        detail = json.dumps(api.get(f"/api/requests/{row['id']}/").json, ensure_ascii=False)
        assert PADDING in detail
        assert said in detail
        database, redis = servers_of(instance)
        with database, redis:
            assert tables_with(database, marker) == set()
            assert tables_with(database, said) == set()
            assert tables_with(database, row["id"]) >= {"request", "body"}
            assert redis_keys_with(redis, marker) == set()
        left = [path for path in (instance.data_dir / "spool").rglob("*") if path.is_file()]
        assert not [path for path in left if marker.encode() in path.read_bytes()]


def test_what_is_not_encrypted_would_have_been_found(organization: Tenant) -> None:
    marker = "marker" + secrets.token_hex(8)
    store(
        asking(organization.id, days_ago(1), f"{marker} short"),
        asking(organization.id, days_ago(1), f"{marker} {PADDING}"),
    )
    connection.ensure_connection()
    assert tables_with(connection.connection, marker, organization_id=organization.id) == {"body", "blob"}
