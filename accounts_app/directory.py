"""Who may pass the gateway: a snapshot in plain objects, so that the gateway never loads the ORM."""

from dataclasses import dataclass, field

CHANGED_CHANNEL = "helicone:accounts:changed"


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of an API key."""

    organization_id: int
    api_key_id: int
    scope: str

    @property
    def may_write(self) -> bool:
        return "w" in self.scope


@dataclass(frozen=True, slots=True)
class Directory:
    """All active API keys by their hash, and the decrypted provider keys by (organization id, provider)."""

    callers: dict[bytes, Caller] = field(default_factory=dict)
    provider_keys: dict[tuple[int, str], str] = field(default_factory=dict)
