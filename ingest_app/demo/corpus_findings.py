"""What the tools of the agents bring to light, and what is made of it. Slots as in `corpus.PHRASES`."""

from ingest_app.demo.alternatives import lines, passages

WHAT_AGENTS_FIND: dict[str, tuple[str, ...]] = {
    "vendor": ("Vendor A", "Vendor B", "Vendor C", "Vendor D", "Vendor E", "Vendor F"),
    "criterion": lines("""
price per seat
data residency in the EU
single sign-on
contract length
support response times
API limits
migration effort
uptime commitments
accessibility
audit logs
offline use
references in our industry
implementation time
exit terms
"""),
    "domain": (
        "example.com",
        "reviews.example.org",
        "docs.example.net",
        "prices.example.com",
        "forum.example.org",
    ),
    "finding": lines("""
$vendor charges $dozens EUR per seat and month, billed yearly, with a minimum of $few seats.
$vendor commits to 99.$digit$digit % uptime; credits start at $few % of the monthly fee.
For $criterion, $vendor needs an add-on that costs $hundreds EUR a month.
Users of $vendor praise the set-up, which took them $few weeks on average, and miss better reports.
$vendor stores data in Frankfurt and Dublin; sub-processors are listed, with $teens days' notice of changes.
Support answers within $few hours on working days; a phone line is part of the larger plans only.
The API of $vendor allows $hundreds requests a minute; bulk export is possible as CSV and Parquet.
An exit is possible with $dozens days' notice; data can be fetched for $few months afterwards.
In a survey of $hundreds buyers, $criterion was named most often as the reason to leave $vendor.
$vendor published its last audit report in 2026; the next is due in $few months.
Two of $few testers could not find the setting for $criterion in $vendor without help.
$vendor was bought in 2025; prices for existing customers are fixed until the end of next year.
Moving $thousands records to $vendor took $few hours; $teens of them had to be corrected by hand.
$vendor lists $dozens integrations, of which about half are made by partners and cost extra.
According to its status page, $vendor had $few incidents in the last $teens weeks, the longest of $dozens minutes.
With $hundreds users, $vendor is $dozens % cheaper than $vendor; with $dozens it is the other way round.
$vendor answers questions about $criterion only after a call with sales.
The contract of $vendor runs for $teens months and renews itself unless cancelled $dozens days before.
A trial of $vendor lasts $teens days, needs no card and can be extended once.
$vendor has an offline mode, but changes made in it may be lost when two people edit the same record.
"""),
    "page_section": passages("""
## $criterion

$finding $finding $finding

$finding $finding
%%
## What we tested: $criterion

$finding

- $finding
- $finding
- $finding

$finding $finding $finding
%%
## $vendor in daily use

We used $vendor with $teens people for $few weeks. $finding $finding The verdict: $verdict.

| | $vendor | $vendor |
|---|---|---|
| Price per seat | $dozens EUR | $dozens EUR |
| $criterion | yes | partly |
| $criterion | no | yes |

$finding $finding
%%
## Questions readers asked

**Does $vendor do $criterion?** $finding

**How long does it take?** $finding $finding

**And the price?** $finding $finding
"""),
    "code_block": passages(
        """
def $identifier(batch, *, limit=$dozens):
    # Returns how many rows were new.
    rows = list(batch)
    if not rows:
        return 0
    with connection() as cursor:
        for row in rows[:limit]:
            cursor.execute(INSERT, row)
            if cursor.rowcount == 0:
                log.debug("known already", id=row.id)
    try:
        notify(rows, timeout_s=$few)
    except TimeoutError:
        return $identifier(rows, limit=limit)
    return len(rows)
%%
class Session:
    timeout_s = $dozens

    def __init__(self, pool, cache):
        self._pool, self._cache = pool, cache
        self._connection = pool.take(timeout_s=$few)
        self._cursor = self._connection.cursor()

    def get(self, key):
        found = self._cache.get(key)
        if found is None:
            found = self._load(key)
            self._cache[key] = found
        return found

    def close(self):
        self._pool.give_back(self._connection)
        self._cursor.close()
%%
@dataclass(frozen=True)
class Total:
    net: Decimal
    currency: str
    rate: Decimal = Decimal("0.$teens")

    @property
    def gross(self):
        return (self.net * (1 + self.rate)).quantize(CENT)

    def $identifier(self, other):
        if other.currency != self.currency:
            raise ValueError(f"{other.currency} is not {self.currency}")
        return replace(self, net=self.net + other.net)
%%
async def $identifier(queue, *, workers=$few):
    seen = set()
    while not queue.empty():
        job = await queue.get()
        if job.id in seen:
            continue
        seen.add(job.id)
        try:
            await job.run(timeout_s=$dozens)
        except Exception:
            log.exception("job failed", id=job.id)
            await queue.put(job)
        finally:
            queue.task_done()
"""
    ),
    "finding_in_numbers": lines("""
New customers came mostly through search: $hundreds of $thousands.
Refunds stayed at $few.$digit % of orders; the main reason is still late delivery.
Phones now make $dozens % of visits, but only $teens % of orders.
Without the $plan customers, $metric would have fallen by $few %.
One customer alone accounts for $teens % of the difference.
"""),
    "verdict": lines("""
clearly the strongest on $criterion
fine, but weak on $criterion
the cheapest, as long as there are fewer than $dozens seats
good, with an open question about $criterion
not convincing: $criterion is missing
solid, and the only one with a reference of our size
"""),
    "identifier": (
        "load_batch",
        "merge_rows",
        "retry_later",
        "parse_amount",
        "close_session",
        "next_page",
        "apply_discount",
    ),
    "module": (
        "orders/service.py",
        "billing/totals.py",
        "sync/worker.py",
        "search/query.py",
        "web/session.py",
        "jobs/retry.py",
    ),
    "cause": lines("""
the retry runs the whole function again, although the first attempt had already written its rows
the cache key leaves out the currency, so the first answer is served to everybody
the connection is returned to the pool before the cursor is closed
the time is parsed without its zone and later taken for UTC
the list is read twice, and the second read comes after it was emptied
both writers read the same version, and the later one wins without noticing
"""),
}
