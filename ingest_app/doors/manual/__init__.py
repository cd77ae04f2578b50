"""Manual logs: a call, a tool or a look-up that a client made by itself, in one JSON body (contract 3.2, 3.3)."""

from ingest_app.doors.manual.body import Invalid, Posted, read
from ingest_app.doors.manual.event import log_event
from ingest_app.doors.manual.typed import Fault, faults

__all__ = ["Fault", "Invalid", "Posted", "faults", "log_event", "read"]
