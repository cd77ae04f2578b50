"""What body search costs: `python -m bench.search`, with `--messages` and `--copies` of them for a larger table."""

import argparse
import os
import tempfile
from pathlib import Path

from bench.gateway import halted
from tests.instances import Instance


def main() -> None:
    """Print the table; leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--copies", type=int, default=0, help="of the messages, with bodies and words")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, Instance(Path(place) / "data") as instance:
        instance.start()
        instance.wait_ready()
        os.environ.update(instance.env)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")
        import django

        django.setup()
        from bench import search_costs  # imports models

        children = instance.children()
        with halted(children["worker"], children["beat"]):
            for figure, value in search_costs.measure(options.messages, options.copies):
                print(f"{value:>16}  {figure}", flush=True)


if __name__ == "__main__":
    main()
