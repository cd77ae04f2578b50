"""The agents of the demo: what they are asked, which tools they have, what those answer, how they report."""

from typing import NamedTuple

from ingest_app.demo.alternatives import passages


class Action(NamedTuple):
    """A tool, and how it is used. Arguments are JSON; `says` is what the model writes beside the call."""

    path: str
    tool: str
    description: str
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    says: tuple[str, ...] = ()


class Agent(NamedTuple):
    """One kind of session. Its actions are taken roughly in order, several times each when it is long."""

    name: str
    feature: str
    system: str
    tasks: tuple[str, ...]
    plan: str
    actions: tuple[Action, ...]
    reports: tuple[str, ...]
    last_path: str
    requests: tuple[int, int]  # fewest and most


_RULES = (
    "\n\nRules:\n- Use the tools; do not answer from memory.\n- One step at a time, and say in a sentence why.\n- "
    "Quote numbers exactly as the tool gave them.\n- When two sources disagree, look for a third.\n- Stop as soon "
    "as the task is answered; do not repeat a call with the same arguments.\n- If a tool fails, try once more, "
    "then go on without it and say so in the report.\n- Never write to a system unless the task asks for it.\n- "
    "The report is in Markdown, in English, for readers who have two minutes."
)

_SEARCH = Action(
    "/research/search",
    "web_search",
    "Search the web. Returns titles, addresses and snippets, best first.",
    (
        '{"query": "$criterion $market comparison", "max_results": $few}',
        '{"query": "$market $vendor $criterion", "max_results": 5}',
        '{"query": "best $market for $audience", "max_results": $few, "since": "2026-0$few-01"}',
    ),
    (
        '[{"title": "$market: $criterion in practice", "url": "https://$domain/$hundreds", "snippet": "$finding"}, '
        '{"title": "$vendor reviewed", "url": "https://$domain/review/$thousands", "snippet": "$finding"}, '
        '{"title": "Buyers\' guide to $market", "url": "https://$domain/guide", "snippet": "$finding $finding"}]',
        '[{"title": "$vendor or $vendor?", "url": "https://$domain/compare/$hundreds", "snippet": "$finding"}, '
        '{"title": "Terms of $vendor", "url": "https://$domain/terms", "snippet": "$finding"}]',
    ),
    (
        "I'll look for $criterion first.",
        "Next: what users say about $vendor.",
        "One more source for $criterion.",
    ),
)
_READ = Action(
    "/research/read",
    "read_page",
    "Fetch a page and return its text.",
    (
        '{"url": "https://$domain/$hundreds"}',
        '{"url": "https://$domain/review/$thousands", "section": "$criterion"}',
    ),
    (
        "# $market: $criterion\n\n$finding $finding\n\n$page_section\n\n$page_section\n\n$page_section\n\n"
        "$page_section\n\n$page_section\n\nLast changed in 2026. Comments: $dozens.",
        "# $vendor reviewed\n\n$finding\n\n$page_section\n\n$page_section\n\n$page_section\n\nWhat we liked: "
        "$verdict. What we did not: $finding\n\n$page_section",
        "# Terms and prices\n\n$page_section\n\n$page_section\n\n$page_section",
        "Page not readable: HTTP 403 from $domain.",
    ),
    ("The guide names prices; I'll read it.", "This page should settle $criterion."),
)
_NOTE = Action(
    "/research/note",
    "save_note",
    "Keep a finding for the report.",
    ('{"about": "$criterion", "text": "$finding", "confidence": 0.$digit$few}',),
    ('{"saved": true, "notes": $teens}',),
)

RESEARCH = Agent(
    "Vendor comparison",
    "research",
    "You compare suppliers for a purchasing team." + _RULES,
    (
        "Compare vendors of $market for a company of $hundreds people. Criteria: $criterion, $criterion, $criterion.",
        "We pay $hundreds EUR a month for $market. Is there something better? $criterion is a must.",
        "Which $market should we shortlist? At most three, with reasons. Budget: $few,000 EUR a year.",
    ),
    "Plan: (1) who sells $market, (2) prices and $criterion for each, (3) what users say, (4) a table with a "
    "recommendation.",
    (_SEARCH, _READ, _SEARCH, _READ, _NOTE, _READ),
    passages("""
## Vendors of $market

| | $criterion | Price per month | Verdict |
|---|---|---|---|
| **Vendor A** | yes | $hundreds EUR | $verdict |
| **Vendor B** | partly | $hundreds EUR | $verdict |
| **Vendor C** | yes | $hundreds EUR | $verdict |

**Recommendation:** Vendor A, unless $criterion turns out to be decisive; then Vendor C.

### What it rests on

1. $finding
2. $finding
3. $finding

### Open

- $criterion could not be confirmed for Vendor B; ask for it in writing.
- Prices are list prices of 2026; $few to $teens % off is usual for $few years.
%%
### Shortlist for $market

1. **Vendor C**: $verdict.
2. **Vendor A**: $verdict.

Vendor B is out: $verdict.

> $finding

Next step: a trial of $few weeks with $teens people, with $criterion as the test.
"""),
    "/write",
    (6, 25),
)

REFUND = Agent(
    "Refund triage",
    "support",
    "You decide on refunds for a shop, and prepare the answer to the customer." + _RULES,
    (
        "Ticket $ticket, customer $customer: wants $amount EUR back for order $order ($product). Decide and draft.",
        '$ticket: "The $product from $order is broken, I want my money back." Customer $customer.',
    ),
    "I'll look at the order, then at the customer and the policy, and decide after that.",
    (
        Action(
            "/triage/lookup",
            "get_order",
            "Returns an order with its items, payments and shipments.",
            ('{"order": "$order"}', '{"order": "$order", "include": ["payments", "shipments"]}'),
            (
                '{"order": "$order", "items": [{"name": "$product", "price": "$amount", "quantity": 1}], "payments": '
                '[{"method": "card", "amount": "$amount", "captured": "$date"}], "shipments": [{"state": '
                '"delivered", "city": "$city", "days": $few}]}',
            ),
        ),
        Action(
            "/triage/lookup",
            "get_customer",
            "Returns a customer's history.",
            ('{"customer": "$customer"}',),
            (
                '{"customer": "$customer", "orders": $dozens, "returns": $few, "since": "2021-0$few", "notes": []}',
                '{"customer": "$customer", "orders": $few, "returns": 0, "notes": ["refund refused in 2025"]}',
            ),
        ),
        Action(
            "/triage/decide",
            "refund_policy",
            "Returns the paragraphs of the policy that apply.",
            (
                '{"reason": "defect", "days_since_delivery": $teens}',
                '{"reason": "late", "amount": "$amount"}',
            ),
            (
                "§ 3.$digit Defects within $dozens days: full refund or replacement, the customer chooses. Above 200 "
                "EUR a colleague confirms.\n§ 4.$digit Late delivery: shipping costs are refunded; the price is "
                "refunded when the parcel is more than $teens days late.",
            ),
            ("The order is clear; now the policy.",),
        ),
        Action(
            "/reply",
            "draft_reply",
            "Keeps a draft for the agent to check.",
            ('{"ticket": "$ticket", "text": "Your refund of $amount EUR is on its way."}',),
            ('{"draft": "d-$thousands", "words": $dozens}',),
        ),
    ),
    passages("""
**Decision:** refund of $amount EUR, order $order.

- Delivered $few days ago, within the period for defects (§ 3)
- Customer $customer: $dozens orders, $few returns, nothing unusual
- $product: known fault, $teens cases this month

The draft is attached to $ticket.
%%
**Decision:** replacement instead of a refund.

The $product is within its warranty, but the period for refunds ended $few days ago. Customer $customer \
is offered a new one, or $few % off the next order. A colleague should look at it, since $amount EUR is above the limit.
"""),
    "/reply",
    (3, 8),
)

CONTRACT = Agent(
    "Contract review",
    "research",
    "You review supplier contracts against the company's playbook." + _RULES,
    (
        "Review contract $purchase_order, above all $clause. What must change before we sign?",
        "Compare the new version of contract $purchase_order with our playbook and list the deviations.",
    ),
    "I'll list the clauses, read those that the playbook covers, and compare one by one.",
    (
        Action(
            "/review/list",
            "list_clauses",
            "Returns the headings of a contract.",
            ('{"contract": "$purchase_order"}',),
            (
                '{"contract": "$purchase_order", "pages": $dozens, "clauses": ["1 Scope", "2 Fees", "3 Term", "4 '
                'Confidentiality", "5 Data", "6 Liability", "7 Termination", "8 General"]}',
            ),
        ),
        Action(
            "/review/read",
            "read_clause",
            "Returns the text of one clause.",
            ('{"contract": "$purchase_order", "clause": $few}',),
            (
                "$few.$digit The supplier's total liability in a contract year is limited to $dozens % of the fees "
                "paid in the $teens months before the event. Intent, gross negligence and injury are not limited.",
                "$few.$digit Either party may end this agreement for convenience with $dozens days' notice to the end "
                "of a quarter. Fees paid in advance are not refunded.",
                "$few.$digit Fees may rise once a year by at most $few %, with $dozens days' notice in writing. The "
                "customer may then terminate to the date of the increase.",
                "$few.$digit The supplier uses the sub-processors listed in Annex $few and announces changes "
                "$teens days ahead. Data is kept within the EU.",
            ),
            ("Reading clause by clause.",),
        ),
        Action(
            "/review/compare",
            "playbook",
            "Returns the company's position on a subject, and the fallback.",
            ('{"subject": "$clause"}', '{"subject": "$clause", "with_fallback": true}'),
            (
                '{"position": "at least $hundreds % of yearly fees", "fallback": "100 %", "approver": "legal"}',
                '{"position": "$dozens days, any time", "fallback": "end of quarter", "approver": "purchasing"}',
            ),
        ),
    ),
    passages("""
# Review of $purchase_order

| Clause | Contract | Playbook | Severity |
|---|---|---|---|
| 6 Liability | $dozens % of fees | at least $hundreds % | **high** |
| 7 Termination | end of quarter | any time | medium |
| 2 Fees | +$few % a year | +$few % | low |

**Must change:** clause 6. Proposed wording:

> The supplier's liability in a contract year is limited to the greater of $hundreds,000 EUR and the yearly fees.

**Should change:** refund of prepaid fees in clause 7.

Everything about $clause is as the playbook wants it.
"""),
    "/report",
    (5, 18),
)

BUG = Agent(
    "Bug investigation",
    "chat",
    "You are a developer's assistant with read access to the repository and the test runner." + _RULES,
    (
        "$service shows $symptom since yesterday's release. Find out why and propose a fix.",
        "Test $identifier fails about once in $dozens runs in $service. Why?",
        "Customers report $symptom in $service. Reproduce it with a test first.",
    ),
    "First I'll find the code that handles this, then repeat the problem, then look at recent changes.",
    (
        Action(
            "/investigate/search",
            "search_code",
            "Full-text search in the repository.",
            (
                '{"query": "def $identifier", "path": "$service"}',
                '{"query": "$identifier(", "limit": $dozens}',
            ),
            (
                "$module:$hundreds: def $identifier(batch, *, limit=$dozens):\n$module:$dozens:     "
                "$identifier(rows)\n$module:$hundreds:         return $identifier(pending, limit=None)",
                "$module:$dozens:     result = $identifier(session)\ntests/test_$identifier.py:$teens: "
                "def test_${identifier}_twice():",
            ),
        ),
        Action(
            "/investigate/read",
            "read_file",
            "Returns lines of a file.",
            ('{"path": "$module", "from": $hundreds, "to": 99$digit}', '{"path": "$module"}'),
            (
                "$code_block\n\n\n$code_block\n\n\n$code_block\n",
                "$code_block\n\n\n$code_block\n",
            ),
            ("That looks like the place.", "The caller matters too."),
        ),
        Action(
            "/investigate/test",
            "run_tests",
            "Runs tests and returns the end of the output.",
            ('{"select": "$identifier", "repeat": $dozens}', '{"path": "tests/test_$identifier.py"}'),
            (
                "$dozens passed, 1 failed in $few.$digit s\n\nE   assert $hundreds == $hundreds\n$module:$dozens: "
                "AssertionError",
                "$dozens passed in $few.$digit s",
                "ERROR: no tests ran: tests/test_$identifier.py not found",
            ),
            ("Can I repeat it?",),
        ),
        Action(
            "/investigate/history",
            "git_log",
            "Returns recent commits that touched a path.",
            ('{"path": "$module", "limit": $few}',),
            (
                "a$thousands$digit retry after a time-out\nc$thousands$digit faster $identifier\nf$thousands$digit "
                "tests for $identifier",
            ),
        ),
    ),
    passages("""
## Cause

In `$module`, $cause. That explains $symptom, and why it shows only about once in $dozens requests.

## Fix

```diff
-    except TimeoutError:
-        return $identifier(rows, limit=limit)
+    except TimeoutError:
+        log.warning("not notified", rows=len(rows))
+        return len(rows)
```

## Test

`test_${identifier}_twice` now fails without the change and passes with it ($dozens runs).

**Not looked at:** `$service` in the older release.
%%
I could not repeat $symptom in $hundreds runs, but found a likely cause: $cause.

1. `$identifier()` is called from `$module` and once more from the retry.
2. Commit `a$thousands` made the time-out shorter.

I'd revert that commit in `$service` first, and add a metric to see whether it was the reason.
"""),
    "/fix",
    (5, 25),
)
