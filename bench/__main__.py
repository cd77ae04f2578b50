"""`make bench`: start an instance of its own, measure, print one table."""

from bench.gateway import API_KEY, halted, started_instance
from bench.processes import provider
from tests.instances import Instance


def main() -> None:
    """Print the table; leave nothing behind."""
    with provider() as provider_port, started_instance(provider_port) as instance:
        for figure, value in _figures(instance, provider_port):
            print(f"{value:>14}  {figure}", flush=True)


def _figures(instance: Instance, provider_port: int) -> list[tuple[str, str]]:
    # They import models, for which Django must be set up.
    from accounts_app.models import Organization
    from bench import bodies, gateway, pipeline
    from helicone_site.redis_client import sync_client

    organization_id = Organization.objects.get().id
    children = instance.children()
    rows = pipeline.measure_visible(instance, API_KEY)
    rows += gateway.measure(instance, provider_port)
    with halted(children["beat"]):
        rows += pipeline.measure_writer(sync_client(), organization_id, children["worker"])
    rows += bodies.measure(organization_id)
    return rows


if __name__ == "__main__":
    main()
