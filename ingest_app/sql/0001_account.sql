-- What became of the events: raised in the transaction that stores them, so that it is never out of step.
CREATE TABLE ledger (
    organization_id  bigint      NOT NULL,
    hour             timestamptz NOT NULL,  -- of the event's own time
    stored           bigint      NOT NULL DEFAULT 0,  -- rows that were new
    duplicates       bigint      NOT NULL DEFAULT 0,  -- events that were there already
    dead             bigint      NOT NULL DEFAULT 0,  -- in dead_letter now
    discarded        bigint      NOT NULL DEFAULT 0,  -- taken out of dead_letter by hand
    PRIMARY KEY (organization_id, hour)
) WITH (fillfactor = 50);  -- updated all the time, never in an indexed column

-- Stream entries whose events are committed. An entry that comes again (its worker died before it acknowledged)
-- is recognised here; the account subtracts what was drained after it looked at the stream.
CREATE TABLE drained_entry (
    ms          bigint      NOT NULL,  -- the two halves of the entry's id
    seq         bigint      NOT NULL,
    events      jsonb       NOT NULL,  -- [[organization_id, hour as seconds since the epoch, number], …]
    drained_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ms, seq)
);
-- account.forget_drained_entries
CREATE INDEX drained_entry_drained_at_idx ON drained_entry (drained_at);

-- Events that could not be stored, with the reason. They hold up nobody, and can be tried again.
CREATE TABLE dead_letter (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id  bigint,                -- NULL: the entry could not even be decoded
    event_id         uuid,
    hour             timestamptz,           -- its place in the ledger
    reason           text        NOT NULL,
    payload          bytea       NOT NULL,  -- as ingest_app.events.encode made it
    died_at          timestamptz NOT NULL DEFAULT now()
);
-- dead_letters.newest
CREATE INDEX dead_letter_organization_idx ON dead_letter (organization_id, id);
