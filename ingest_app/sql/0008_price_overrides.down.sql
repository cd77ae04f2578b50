DROP INDEX request_unpriced_idx;
