"""The forms that an export takes."""

from enum import StrEnum


class Format(StrEnum):
    """The form of an export."""

    CSV = "csv"
    EXCEL = "excel"  # CSV that Excel reads as UTF-8
    JSONL = "jsonl"
    PARQUET = "parquet"

    @property
    def label(self) -> str:
        """Returns what people call it."""
        return {"csv": "CSV", "excel": "CSV for Excel", "jsonl": "JSONL", "parquet": "Parquet"}[self.value]

    @property
    def extension(self) -> str:
        """Returns how a file's name ends, without a dot."""
        return "csv" if self is Format.EXCEL else self.value

    @property
    def content_type(self) -> str:
        """Returns the media type."""
        return {
            "csv": "text/csv; charset=utf-8",
            "jsonl": "application/jsonl",
            "parquet": "application/vnd.apache.parquet",
        }[self.extension]
