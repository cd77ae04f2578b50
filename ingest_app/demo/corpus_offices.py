"""More agents: accounting, analysis, campaigns."""

from ingest_app.demo.alternatives import passages
from ingest_app.demo.corpus_agents import Action, Agent

INVOICES = Agent(
    "Invoice reconciliation",
    "invoices",
    "You match supplier invoices with purchase orders. Post nothing above 1,000 EUR. Report differences in a table.",
    (
        "Reconcile invoice $invoice with $purchase_order.",
        "Month-end: check the open invoices of supplier $customer, starting with $invoice.",
    ),
    "I'll read the invoice, find the order that belongs to it, and compare line by line.",
    (
        Action(
            "/match/read",
            "read_invoice",
            "Returns the lines of a scanned invoice.",
            ('{"invoice": "$invoice"}',),
            (
                '{"invoice": "$invoice", "currency": "EUR", "lines": [{"text": "$product", "quantity": $few, "unit": '
                '"$dozens.$cents"}, {"text": "freight", "quantity": 1, "unit": "$teens.00"}], "total": "$amount"}',
            ),
        ),
        Action(
            "/match/find",
            "find_purchase_order",
            "Finds purchase orders by number, supplier or amount.",
            ('{"number": "$purchase_order"}', '{"supplier": "$customer", "amount": "$amount"}'),
            (
                '[{"number": "$purchase_order", "state": "open", "lines": [{"text": "$product", "quantity": $few, '
                '"unit": "$dozens.$cents", "received": $few}]}]',
                "[]",
            ),
        ),
        Action(
            "/match/receipts",
            "goods_receipts",
            "Returns what the warehouse has received.",
            ('{"order": "$purchase_order"}',),
            ('[{"date": "$date", "quantity": $few, "warehouse": "$city"}]',),
            ("The quantities differ; the receipts should tell.",),
        ),
        Action(
            "/post",
            "post_entry",
            "Posts an entry, or parks it for approval.",
            ('{"invoice": "$invoice", "account": "4$hundreds", "amount": "$amount", "park": true}',),
            ('{"entry": "E$thousands", "state": "parked"}', '{"error": "period 2026-0$few is closed"}'),
        ),
    ),
    passages("""
**$invoice against $purchase_order**

| Line | Ordered | Received | Invoiced | Difference |
|---|---|---|---|---|
| $product | $few | $few | $few | $teens.$cents EUR |
| freight | - | - | 1 | agreed |

Parked as `E$thousands`. The difference is a price change of $few %; purchasing has to confirm it.
%%
$invoice matches $purchase_order within the tolerance of $few %. Posted, nothing to do.
"""),
    "/report",
    (3, 12),
)

ANALYSIS = Agent(
    "Weekly numbers",
    "research",
    "You answer questions about the business from the warehouse. Read only. Always give the query you used.",
    (
        "Why did $metric change last week? Break it down until you find something.",
        "Prepare the weekly numbers: $metric by country and plan, and what stands out.",
    ),
    "I'll see which tables there are, get the figures by week, and then look for the part that moved.",
    (
        Action(
            "/query/schema",
            "describe_tables",
            "Returns tables and columns.",
            ('{"schema": "marts"}',),
            (
                "orders(id, customer, country, plan, total, created_at)\ncustomers(id, country, plan, since, "
                "left_at)\nvisits(customer, channel, device, at)\nrefunds(order, reason, total, at)",
            ),
        ),
        Action(
            "/query/run",
            "run_sql",
            "Runs a SELECT and returns up to 200 rows as CSV.",
            (
                '{"sql": "SELECT date_trunc(\'week\', created_at) AS week, count(*), sum(total) FROM orders GROUP BY 1 '
                'ORDER BY 1 DESC LIMIT $few"}',
                '{"sql": "SELECT country, count(DISTINCT customer) FROM orders WHERE created_at > now() - interval '
                "'$teens days' GROUP BY 1 ORDER BY 2 DESC\"}",
                '{"sql": "SELECT channel, device, count(*) FROM visits GROUP BY 1, 2 HAVING count(*) > $hundreds"}',
            ),
            (
                "week,count,sum\n2026-05-18,$thousands,$thousands.$cents\n2026-05-11,$thousands,$thousands.$cents\n"
                "2026-05-04,$thousands,$thousands.$cents",
                "country,count\nDE,$thousands\nFR,$hundreds\nNL,$hundreds\nPL,$hundreds\nPT,$dozens\nIE,$dozens",
                "channel,device,count\nsearch,phone,$thousands\nmail,desktop,$hundreds\ndirect,phone,$thousands",
                "ERROR: column orders.channel does not exist",
            ),
            ("By country next.", "Is it the channel?", "The total hides something; I'll split it."),
        ),
        Action(
            "/chart",
            "draw_chart",
            "Draws a chart and returns its address.",
            ('{"kind": "line", "title": "$metric by week", "series": ["DE", "FR", "NL"]}',),
            ('{"chart": "https://charts.example.com/$thousands"}',),
        ),
    ),
    passages("""
## $metric, last week

**Up by $few.$digit %**, of which most comes from two countries:

| Country | Before | Now | Change |
|---|---|---|---|
| DE | $thousands | $thousands | +$teens % |
| FR | $hundreds | $hundreds | +$few % |
| NL | $hundreds | $hundreds | -$few % |

- $finding_in_numbers
- $finding_in_numbers

```sql
SELECT country, count(DISTINCT customer)
FROM orders
WHERE created_at >= date_trunc('week', now()) - interval '1 week'
GROUP BY 1;
```

*The week had one holiday; compared with the same week last year it is +$few %.*
"""),
    "/summary",
    (4, 16),
)

CAMPAIGN = Agent(
    "Campaign draft",
    "marketing",
    "You draft campaigns that follow the brand's guidelines. Every claim needs a fact behind it.",
    (
        "Draft a campaign for $season: $product, for $audience. Three texts and a plan.",
        "Refresh last year's $season campaign for the $product.",
    ),
    "Guidelines first, then facts about the product, then drafts, each checked for length.",
    (
        Action(
            "/draft/guidelines",
            "brand_guidelines",
            "Returns the guidelines for a channel.",
            ('{"channel": "newsletter"}', '{"channel": "social"}'),
            (
                "Tone: $style. Sentences up to $teens words. No exclamation marks, no superlatives. Prices with VAT. "
                "Subject lines up to 4$digit characters.",
            ),
        ),
        Action(
            "/draft/facts",
            "product_facts",
            "Returns confirmed facts about a product.",
            ('{"product": "$product"}',),
            ('{"product": "$product", "facts": ["$benefit", "$benefit", "$benefit"], "price": "$amount"}',),
        ),
        Action(
            "/draft/check",
            "check_text",
            "Checks a text for length and forbidden words.",
            ('{"text": "The $product: $benefit, for $audience.", "channel": "social"}',),
            ('{"ok": true, "characters": $hundreds}', '{"ok": false, "reason": "$few words too long"}'),
            ("Checking the first draft.",),
        ),
    ),
    passages("""
### Newsletter

**The $product, for $season**

It is $benefit, and $benefit. For $audience who want one thing less to think about.

### Social

The $product. $benefit. In stock for $season.

### Plan

1. Week 1: newsletter to $thousands readers
2. Week 2: social, $few posts
3. Week 4: look at orders and returns, then decide
"""),
    "/write",
    (3, 9),
)
