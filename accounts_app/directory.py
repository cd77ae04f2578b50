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
class StoredAccess:
    """What an organization stored for a provider, decrypted. Either part may be empty."""

    secret: str
    endpoint: str  # its own address of the provider, such as an Azure resource


NOTHING_STORED = StoredAccess("", "")


@dataclass(frozen=True, slots=True)
class Directory:
    """All active API keys by their hash, and what is stored for providers by (organization id, provider)."""

    callers: dict[bytes, Caller] = field(default_factory=dict)
    accesses: dict[tuple[int, str], StoredAccess] = field(default_factory=dict)
