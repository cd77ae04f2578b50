"""`python -m chaos --minutes N --seed S`; `--short` is the form that `make test` runs."""

import argparse
import os
import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from chaos.faults import NotBack
from chaos.storm import Storm, run


def main() -> int:
    """Run one storm and print its table. Returns 0 when nothing differs; else the logs stay."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long faults go on (default 10)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="random unless given")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument(
        "--rate", type=float, default=40, help="requests per second of all clients (default 40)"
    )
    parser.add_argument("--short", action="store_true", help="a handful of faults, once each")
    arguments = parser.parse_args()
    # However it is told to end, it stops what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print(f"seed {arguments.seed}", flush=True)
    storm = Storm(
        seed=arguments.seed,
        seconds=0 if arguments.short else arguments.minutes * 60,
        clients=arguments.clients,
        per_second=arguments.rate,
    )
    place = Path(tempfile.mkdtemp(prefix="helicone-chaos-"))
    # Servers that root starts run as another user, who must get through.
    place.chmod(0o711 if os.geteuid() == 0 else 0o700)
    try:
        verdict = run(storm, place)
    except NotBack as error:
        print(f"NOT BACK: {error}; logs are in {place}")
        return 1
    except (KeyboardInterrupt, SystemExit):
        shutil.rmtree(place)
        raise
    print(verdict.text())
    if verdict.differences:
        print(f"seed {arguments.seed}; logs are in {place}")
        return 1
    shutil.rmtree(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
