DROP TABLE dead_letter, drained_entry, ledger;
