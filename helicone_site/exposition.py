"""Prometheus' text format (0.0.4), as scrapers read it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric and its samples: a value each, told apart by labels."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    samples: list[tuple[Labels, float]] = field(default_factory=list)


def gauge(name: str, help: str, value: float) -> Family:
    """Returns a metric of one sample that goes up and down."""
    return Family(name, "gauge", help, [({}, value)])


def counter(name: str, help: str, value: float) -> Family:
    """Returns a metric of one sample that only grows, until it starts anew."""
    return Family(name, "counter", help, [({}, value)])


def exposition(families: Iterable[Family]) -> str:
    """Returns what a scraper reads; metrics without samples are left out."""
    return "".join(f"{line}\n" for family in families if family.samples for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.help)}"
    yield f"# TYPE {family.name} {family.kind}"
    for labels, value in family.samples:
        told = ",".join(f'{name}="{_escaped(text, quote=True)}"' for name, text in labels.items())
        yield f"{family.name}{{{told}}} {value!r}" if told else f"{family.name} {value!r}"


def _escaped(text: str, *, quote: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace('"', '\\"') if quote else escaped
