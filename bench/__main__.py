"""`make bench`: start an instance of its own, measure, print one table."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.instances import PROJECT_DIR, Instance, free_port

API_KEY = "sk-helicone-bench00-bench00-bench00-bench00"


def main() -> None:
    """Print the table; leave nothing behind."""
    provider_port = free_port()
    provider = subprocess.Popen(
        [sys.executable, "-c", f"from bench.wire import serve_provider; serve_provider({provider_port})"],
        cwd=PROJECT_DIR,
    )
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(provider.pid, {1})
    env = {
        "HELICONE_PROVIDER_OPENAI_URL": f"http://127.0.0.1:{provider_port}",
        "HELICONE_INIT_API_KEY": API_KEY,
    }
    try:
        with tempfile.TemporaryDirectory() as place, Instance(Path(place) / "data", env=env) as instance:
            instance.start()
            instance.wait_ready()
            for figure, value in _figures(instance, provider_port):
                print(f"{value:>14}  {figure}", flush=True)
    finally:
        provider.kill()


def _figures(instance: Instance, provider_port: int) -> list[tuple[str, str]]:
    os.environ.update(instance.env)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")
    import django

    django.setup()
    from accounts_app.models import Organization
    from bench import bodies, gateway, pipeline
    from helicone_site.redis_client import sync_client
    from ingest_app.stream import STREAM, STREAM_BYTES, WAITING, ensure_group

    redis = sync_client()
    organization_id = Organization.objects.get().id
    rows = pipeline.measure_visible(instance, API_KEY)
    children = instance.children()
    worker, beat = children["worker"], children["beat"]
    for pid in (worker, beat):
        os.kill(pid, signal.SIGSTOP)
    rows += gateway.measure(instance, API_KEY, provider_port)
    redis.delete(STREAM, STREAM_BYTES, WAITING)  # what the gateway logged is of no further use
    ensure_group(redis)
    os.kill(worker, signal.SIGCONT)
    rows += pipeline.measure_writer(redis, organization_id, worker)
    os.kill(beat, signal.SIGCONT)
    rows += bodies.measure(organization_id)
    return rows


if __name__ == "__main__":
    main()
