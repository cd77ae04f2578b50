"""Rows as a file: CSV, JSONL or Parquet, streamed to whoever asks or made in the background and fetched later."""
