"""The words that fill the slots of the other texts. Nobody and no company here is real."""

from ingest_app.demo.alternatives import lines
from ingest_app.demo.corpus_findings import WHAT_AGENTS_FIND

# Any number between the two, another each time.
NUMBERS: dict[str, tuple[int, int]] = {
    "few": (2, 9),
    "teens": (11, 19),
    "dozens": (20, 96),
    "hundreds": (110, 980),
    "thousands": (1100, 9800),
    "digit": (0, 9),
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
    "date": ("2026-0$few-$teens", "2026-05-$teens", "$teens October", "$teens March", "$few June"),
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
    "app": (
        "the mobile app",
        "the web dashboard",
        "the desktop client",
        "the admin console",
        "the browser extension",
    ),
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
    "service": (
        "checkout",
        "billing-api",
        "search-indexer",
        "notifications",
        "inventory-sync",
        "auth-gateway",
        "reports",
    ),
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
    "metric": (
        "weekly active users",
        "churn",
        "conversion",
        "average order value",
        "net revenue retention",
        "first reply time",
    ),
    "audience": (
        "small shops",
        "IT leads",
        "families",
        "freelancers",
        "facility managers",
        "new customers",
        "runners",
    ),
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
    **WHAT_AGENTS_FIND,
    "greeting": (
        "Hi,",
        "Hello,",
        "Good morning,",
        "Hi there,",
        "Dear team,",
        "Hey,",
        "Good evening,",
        "Hello support,",
    ),
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
