"""The words that fill the slots of the other texts. Nobody and no company here is real."""


def lines(text: str) -> tuple[str, ...]:
    """Returns the lines of `text`: one alternative each."""
    return tuple(text.strip().splitlines())


def passages(text: str) -> tuple[str, ...]:
    """Returns the parts of `text` between lines of `%%`: alternatives of several lines each."""
    return tuple(part.strip() for part in text.split("\n%%\n"))


# Any number between the two, another each time.
NUMBERS: dict[str, tuple[int, int]] = {
    "few": (2, 9),
    "teens": (11, 19),
    "dozens": (20, 96),
    "hundreds": (110, 980),
    "thousands": (1100, 9800),
    "digit": (0, 9),
    "month": (1, 12),
    "day": (1, 28),
    "hour": (7, 19),
    "cents": (10, 99),
}

# Settled once in a conversation.
FACTS: dict[str, tuple[str, ...]] = {
    "order": ("A-$hundreds$digit$digit", "SO-$thousands", "10$thousands", "W$hundreds-$thousands"),
    "invoice": ("INV-$thousands", "2026-$hundreds", "RE$thousands$digit", "F/$hundreds/$dozens"),
    "purchase_order": ("PO-$thousands", "45000$thousands", "PO/$hundreds"),
    "ticket": ("#$thousands", "T-$thousands", "CASE-$hundreds$digit"),
    "customer": ("cus_$thousands$dozens", "C-$thousands", "kd-$hundreds$dozens"),
    "amount": ("$dozens.$cents", "$hundreds.$cents", "$hundreds.00", "$few,$hundreds.00"),
    "date": ("2026-0$few-$teens", "2026-10-$teens", "$teens October", "$teens March", "$few June"),
    "product": lines("""
oak standing desk
trail backpack, 40 litres
ceramic pour-over set
noise-cancelling headset
folding city bike
wool winter blanket
smart thermostat
espresso machine with grinder
LED desk lamp
running shoes, size 42
portable projector
cast-iron casserole
robot vacuum
mechanical keyboard
camping stove
wireless doorbell
linen duvet cover
electric kettle
ergonomic office chair
rain jacket
"""),
    "app": ("the mobile app", "the web dashboard", "the desktop client", "the admin console", "the browser extension"),
    "plan": ("Starter", "Team", "Business", "Enterprise", "the yearly plan", "the trial"),
    "city": lines("""
Lisbon
Rotterdam
Gdansk
Lyon
Bologna
Graz
Ghent
Malmo
Cork
Valencia
Leipzig
Tampere
"""),
    "market": lines("""
warehouse management software
video conferencing
e-signature
payroll services
translation management
customer data platforms
identity and access management
field service planning
expense management
managed PostgreSQL hosting
electric delivery vans
office coffee supply
parcel lockers
learning platforms
"""),
    "clause": lines("""
limitation of liability
termination for convenience
data processing
service levels
price adjustment
intellectual property
confidentiality
governing law
automatic renewal
audit rights
indemnification
subcontracting
"""),
    "service": ("checkout", "billing-api", "search-indexer", "notifications", "inventory-sync", "auth-gateway", "reports"),
    "symptom": lines("""
time-outs under load
duplicate rows after a retry
memory growth over several hours
a wrong total when the currency changes
stale results for about a minute
requests that hang on shutdown
a 500 when the list is empty
times that are one hour off
a lost update when two people save at once
"""),
    "metric": ("weekly active users", "churn", "conversion", "average order value", "net revenue retention", "first reply time"),
    "audience": ("small shops", "IT leads", "families", "freelancers", "facility managers", "new customers", "runners"),
    "season": ("spring", "summer", "autumn", "the holiday season", "back to school"),
    "topic": lines("""
vector databases
heat pumps
the history of tea
compound interest
sourdough
database isolation levels
photosynthesis
tax-deductible expenses for freelancers
the rules of curling
container networking
noise in photography
how tides work
zero-downtime migrations
"""),
}

# Another each time they are named.
PHRASES: dict[str, tuple[str, ...]] = {
    "greeting": ("Hi,", "Hello,", "Good morning,", "Hi there,", "Dear team,", "Hey,", "Good evening,", "Hello support,"),
    "thanks": lines("""
Thanks in advance.
Thank you!
Please let me know.
Any help is welcome.
I'd appreciate a quick answer.
Looking forward to your reply.
Thanks, and have a nice day.
Please advise.
"""),
    "mood": lines("""
This is the second time this month.
I've been a customer for $few years and never had trouble before.
I need this sorted out before the weekend.
It's not urgent, but I'd like to know.
My colleague had the same problem last week.
I already tried what the help page says.
We are losing time because of this.
Otherwise I'm very happy with everything.
I'm travelling from the $teens, so please write before then.
"""),
    "closing": lines("""
Is there anything else I can do for you?
Just reply to this message if it doesn't work out.
I'll keep $ticket open until you confirm.
You'll get an e-mail as soon as there is news.
Sorry again for the trouble, and thank you for your patience.
I've noted this in your account, so nobody will ask you twice.
"""),
    "empathy": lines("""
Thank you for writing, and sorry for the trouble.
I'm sorry about that. I've looked it up right away.
Thanks for the details, they helped.
That shouldn't happen, and I understand that it is annoying.
Good that you got in touch.
I see what went wrong here.
"""),
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
    "domain": ("example.com", "reviews.example.org", "docs.example.net", "prices.example.com", "forum.example.org"),
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
"""),
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
    "identifier": ("load_batch", "merge_rows", "retry_later", "parse_amount", "close_session", "next_page", "apply_discount"),
    "module": ("orders/service.py", "billing/totals.py", "sync/worker.py", "search/query.py", "web/session.py", "jobs/retry.py"),
    "cause": lines("""
the retry runs the whole function again, although the first attempt had already written its rows
the cache key leaves out the currency, so the first answer is served to everybody
the connection is returned to the pool before the cursor is closed
the time is parsed without its zone and later taken for UTC
the list is read twice, and the second read comes after it was emptied
both writers read the same version, and the later one wins without noticing
"""),
    "benefit": lines("""
ready in ten minutes
made from recycled material
with $few years of warranty
quiet enough for an open office
repairable, with spare parts for ten years
lighter by $dozens %
delivered without plastic
tested for $hundreds hours
"""),
    "style": ("warm", "matter-of-fact", "playful", "confident", "short and dry", "helpful"),
    "follow_up": lines("""
Can you make that shorter?
Could you give me an example?
What would you do in my place?
And what does that mean for a team of $few?
Which of these matters most?
Please put that into a table.
Are you sure about the second point?
How do I explain this to somebody without the background?
What are the risks?
And if I have only one hour a week?
"""),
}
