"""Support mail, what is extracted from it, and what a help centre knows."""

from ingest_app.demo.alternatives import lines, passages

_HANDBOOK = """

# Handbook, short form

## Delivery
- Parcels leave the warehouse on the working day after the order; within the country they take 2 to 4 days.
- After 10 working days a parcel counts as lost: offer a new one or the money back, the customer chooses.
- Damaged boxes: ask for one photo, then send the part or the article anew. Nothing is sent back under 30 EUR.
- Changes of address are possible until the label is printed; afterwards only the carrier can redirect.

## Returns and refunds
- 30 days from delivery, used or not. Shipping back is free above 40 EUR.
- Refunds go to the card or account that paid; banks take up to 5 working days.
- Above 200 EUR a colleague confirms. Say "I have passed it on" and never "it is approved".
- Gift cards are not refunded, but can be moved to another account.

## Invoices
- Corrected invoices keep their number with a suffix. Purchase order numbers can be added for 90 days.
- We cannot change the name on an invoice to another company. Suggest a cancellation and a new order.

## Accounts
- Nobody is let in without an answer from the address on the account.
- A lost second factor is reset by the security team, on working days, within 4 hours.
- Data exports are ready within an hour; a deletion is final after 14 days.

## Tone
- First name only if the customer used theirs. No exclamation marks. No "unfortunately" in the first sentence.
- One apology is enough. Say what you did before you say what you cannot do.
- Legal questions, press and threats go to a person, without a draft."""

SYSTEM = (
    "You are the support assistant of a small online shop and its software. Answer in the customer's language, "
    "in at most 150 words. Never promise a refund above 200 EUR without asking a colleague. Link to nothing."
    + _HANDBOOK,
    "You answer support mail. Be kind, be brief, say what happens next and when. Ask at most one question."
    + _HANDBOOK,
    "Draft a reply that an agent will check before sending. Use only the facts in the ticket and the notes.",
)

# What a customer writes, and what answers it: category, problem, resolution.
PROBLEMS: tuple[tuple[str, str, str], ...] = (
    (
        "delivery",
        "my order $order ($product) was due on $date and still hasn't arrived. The tracking page has said "
        '"in transit" for $few days.',
        "The parcel with your $product is held at the depot in $city because the street number was missing on "
        "the label. I've sent the full address to the carrier; delivery is planned within $few working days. If "
        "it is not there by then, I'll send a new one at once.",
    ),
    (
        "delivery",
        "the $product from order $order came today, but the box was open and one part is missing.",
        "I've ordered the missing part for your $product from our warehouse in $city; it leaves tomorrow, free of "
        "charge. You can keep using the rest: nothing has to be sent back.",
    ),
    (
        "refund",
        "I returned the $product on $date and haven't seen the refund of $amount EUR for order $order yet.",
        "Your return arrived, and the refund of $amount EUR went out to the card you paid with. Banks take up to "
        "$few working days to show it. The reference is $order.",
    ),
    (
        "refund",
        "I was charged twice for order $order: two debits of $amount EUR on the same day. Please return one.",
        "You're right: the second debit of $amount EUR was a mistake in the payment retry. I've cancelled it; most "
        "banks show it within $few days, and you'll see only one charge for $order.",
    ),
    (
        "billing",
        "invoice $invoice says $amount EUR, but we agreed on a lower price when we moved to $plan.",
        "The discount was entered after $invoice had been made. I've cancelled that invoice and sent a corrected "
        "one with your agreed price for $plan; nothing has to be paid twice.",
    ),
    (
        "billing",
        "could you put our purchase order number $purchase_order on invoice $invoice? Accounting won't pay it "
        "otherwise.",
        "Done: the corrected copy of $invoice with $purchase_order is in your account under Billing. I've also "
        "saved the number, so that it is on all coming invoices.",
    ),
    (
        "login",
        "since the update I can't log in to $app any more. It says that my session has expired, again and again.",
        "The update moved the session to a new cookie, and an old one gets in its way. Please sign out on "
        "all devices under Security, clear the cookies of $app once, and log in again. After that it stays.",
    ),
    (
        "login",
        "I changed my phone and the second factor no longer works, so I'm locked out of $app.",
        "I can take the second factor off your account once we know that it's you: please answer from the "
        "address on your account and name the last invoice. You can set up the new phone right afterwards.",
    ),
    (
        "bug",
        "when I export more than $hundreds rows from $app, the file is empty. Fewer rows work fine.",
        "We could repeat it: exports of more than $hundreds rows stopped after the header. A fix goes out this "
        "week. Until then, the export by month gives you everything.",
    ),
    (
        "bug",
        "the totals in $app are off by one cent on some lines, for instance in invoice $invoice.",
        "The totals were rounded per line and once more in the sum. Developers have a fix; I've "
        "recalculated $invoice by hand, and the right total is $amount EUR.",
    ),
    (
        "cancellation",
        "please cancel $plan at the end of the month and tell me how to get our data out.",
        "$plan ends on the last of this month, and nothing more will be charged. Under Settings, Export you get all "
        "data as CSV; it stays available for $dozens days after the end.",
    ),
    (
        "question",
        "does the $product work with the older model, too? I couldn't find it in the description.",
        "Yes, the $product fits models from 2021 on; for older ones you need the adapter, which is in the box since "
        "$date. The description is being corrected.",
    ),
    (
        "question",
        "how many people can use $plan at the same time, and what happens when there are more?",
        "$plan covers $dozens people. When more sign in, nobody is locked out: we write to the owner, and you have "
        "$teens days to choose a larger plan.",
    ),
    (
        "complaint",
        "I've now explained my problem with the $product to three people, and each of them asked the same "
        "questions. Please read $ticket before you answer.",
        "I've read all of $ticket, and you're right to be annoyed. The $product is being replaced: it leaves "
        "$city today. The label for the return is attached; there's no hurry with it.",
    ),
)

LETTER = passages("""
$greeting

$problem $mood

$thanks
%%
$greeting $problem $thanks
%%
$greeting

$problem
$mood $mood

$thanks
%%
$problem
""")

REPLY = passages("""
$greeting

$empathy $resolution

$closing
%%
$empathy

$resolution

$closing
%%
$greeting

$resolution

$closing
%%
$empathy

**What happened:** I looked into $ticket.

**What happens next:** $resolution

$closing
""")

TRIAGE_SYSTEM = (
    "Sort the customer's message. Answer with JSON according to the schema. Urgency 1 means that money or data "
    "is being lost right now, 4 means that it can wait.",
    "You are a classifier. Read the message and fill in the fields. Do not answer the message.",
)

SENTIMENTS = ("calm", "annoyed", "angry", "friendly", "worried")

SUMMARIES = lines("""
Customer asks about $order; needs an answer about $product.
Problem with $product, order $order, wants a solution this week.
Asks for a correction of $invoice.
Cannot use $app since $date.
Wants to know the state of $order.
Repeats an earlier request, see $ticket.
""")

# What the help centre's search is fed with.
ARTICLES = lines("""
How to return the $product within $dozens days of delivery
Change the delivery address of an order that has not left $city yet
Where to find invoice numbers such as $invoice and how to download all of them
What $plan includes, and how to move to another plan
Reset the second factor after a change of phone
Exporting more than $hundreds rows from $app
Cleaning and care of the $product
Why a card payment of $amount EUR may show twice for a few days
Set up single sign-on for $app
Working with $app when the network is down
Warranty of the $product: what is covered in the first $few years
The difference between an order number like $order and a customer number like $customer
Using purchase order numbers such as $purchase_order on invoices
Time zones in reports, and why the day may begin at another hour
Giving a colleague access without sharing a password
Deleting an account and all of its data
Spare parts for the $product, and how to order them from $city
Importing contacts from a CSV file of $hundreds lines
What to do when the parcel with the $product was damaged
Keyboard shortcuts in $app
""")

QUERIES = lines("""
return $product
where is order $order
download invoice $invoice
$product warranty
can't log in to $app
change plan to $plan
export does not work
delivery time $city
second factor new phone
$product spare parts
cancel $plan
charged twice $amount
""")
