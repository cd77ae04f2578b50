"""General chat, code questions, marketing copy."""

from ingest_app.demo.alternatives import lines, passages

SYSTEM = (
    "You are a helpful assistant inside a company's intranet. Use Markdown. Say when you are not sure.",
    "You help a software team. Prefer small examples over long explanations.",
    "Answer in plain words, in the language of the question. If the question is unclear, ask back.",
)

QUESTIONS = lines("""
Explain $topic to me in five sentences.
I have to give a short talk about $topic. What should be in it?
What are the most common mistakes with $topic?
Write an outline for a one-page handout on $topic.
Compare two ways to learn about $topic in $few weeks.
Which $few questions should I ask an expert on $topic?
Is it true that $topic is harder than it looks? Why?
Draft a polite mail that moves our meeting about $topic from the $teens to the $dozens.
Turn these notes into minutes: talked about $topic; budget $hundreds EUR; next meeting on the $teens; open: \
who writes the summary.
Give me a table with pros and cons of starting with $topic now.
""")

ANSWERS = passages("""
**In short:** $topic is easier to grasp with one concrete case at hand.

1. Begin with what it is for, before how it works.
2. Name the two or three terms that everything else hangs on.
3. Show a small example, then the same with real numbers, say $hundreds.
4. Say where it stops working: that is what people remember.

If you tell me who it is for, I can adapt it.
%%
Here is a first version:

- **Why it matters.** People meet $topic about $few times a year and mostly notice when it goes wrong.
- **What to know.** There are $few cases that look alike but need different answers.
- **What to avoid.** Doing everything at once; it costs more than it saves.

A good next step would be to try it on something small, for a week, and write down what surprised you.
%%
Yes and no. The basics of $topic fit on a page, and most questions come up only in practice. Three things \
help: a clear goal, somebody who has done it before, and the patience to repeat it $few times. I would not \
worry about the rest at first.
%%
| | For | Against |
|---|---|---|
| Start now | experience counts, $few months ahead of others | $hundreds EUR, and time |
| Wait | prices of $topic fall, others make the mistakes | the need may not wait |

I'd start small: one person, one afternoon a week, and a date on which you decide.
%%
> Subject: Moving our meeting about $topic
>
> Hello everyone,
>
> something came up on the $teens: could we meet on the $dozens instead, same time? The agenda stays as it is.
>
> Thank you for understanding, and see you then.

Shall I make it more formal?
%%
I'm not certain about one point: whether you mean $topic in general or for your own case. In general, the \
usual mistakes are

* starting with the tool and not with the question,
* measuring after $few days what needs $few months,
* and leaving out the people who will use it.
""")

# Question and answer belong together.
CODE: tuple[tuple[str, str], ...] = (
    (
        "Why does this return an empty list the second time?\n\n```python\nrows = (parse(line) for line in file)\n"
        "print(len(list(rows)))\nprint(len(list(rows)))\n```",
        "`rows` is a generator, and a generator can be read once: the first `list()` uses it up. Either keep a "
        "list,\n\n```python\nrows = [parse(line) for line in file]\n```\n\nor make the generator anew for each "
        "pass. With $thousands lines a list is fine; with millions I'd count while reading.",
    ),
    (
        "My query takes $few seconds on $hundreds,000 rows:\n\n```sql\nSELECT * FROM orders\nWHERE lower(email) = "
        "'someone@example.com'\nORDER BY created_at DESC LIMIT 20;\n```\n\nThere is an index on email.",
        "The index is on `email`, but the condition is on `lower(email)`, so it can't be used. An index on the "
        "expression helps, and with the time in it the sort goes away too:\n\n```sql\nCREATE INDEX CONCURRENTLY "
        "orders_email_created\n    ON orders (lower(email), created_at DESC);\n```\n\nCheck with `EXPLAIN (ANALYZE, "
        "BUFFERS)`: you should see an index scan that reads about $dozens pages.",
    ),
    (
        "How do I retry $identifier() without running it twice when only the answer got lost?",
        "Give each call a key of its own, and let the receiver remember it:\n\n```python\ndef $identifier(*, key: "
        "str, amount: int) -> Result:\n    found = results.get(key)\n    if found is not None:\n        return "
        "found\n    result = do_it(amount)\n    results.put(key, result)  # same transaction as do_it\n    return "
        "result\n```\n\nThe client makes the key once and sends it with every attempt. Then a retry is harmless, "
        "whichever half got lost.",
    ),
    (
        "What's wrong with this function? Sometimes $service shows $symptom.\n\n```go\nfor _, id := range ids {\n  "
        "  go func() {\n        results[id] = load(id)\n    }()\n}\nreturn results\n```",
        "Two things:\n\n1. Nobody waits for the goroutines, so `results` is returned before they are done.\n2. They "
        "all write to one map without a lock, which is a data race.\n\n```go\nvar group errgroup.Group\nvar mu "
        "sync.Mutex\nfor _, id := range ids {\n    group.Go(func() error {\n        loaded := load(id)\n        "
        "mu.Lock()\n        defer mu.Unlock()\n        results[id] = loaded\n        return nil\n    })\n}\nreturn "
        "results, group.Wait()\n```\n\nRun the tests with `-race` to see it.",
    ),
    (
        "Write a TypeScript type for a function that takes an object and the name of one of its keys and returns "
        "that value.",
        "```ts\nfunction pick<T, K extends keyof T>(object: T, key: K): T[K] {\n    return object[key];\n}\n```\n\n`K "
        'extends keyof T` keeps the key tied to the object, so `pick(order, "total")` is a `number` and a '
        "misspelt key is an error at compile time.",
    ),
    (
        "Please review:\n\n```python\ndef $identifier(items, seen=[]):\n    for item in items:\n        if item not "
        "in seen:\n            seen.append(item)\n    return seen\n```",
        "The default `seen=[]` is made once and shared by all calls, so results of earlier calls leak into later "
        "ones. Also, `in` on a list is slow for $thousands items. Order kept, both solved:\n\n```python\ndef "
        "$identifier(items):\n    return list(dict.fromkeys(items))\n```",
    ),
    (
        "How can I see which of my $dozens services still call the old endpoint before I remove it?",
        "Let the endpoint tell you:\n\n- log the caller (user agent, key) with every call, and look at $teens days "
        "of it, month-end included;\n- answer with a `Deprecation` header and a `Sunset` date, which some clients "
        "report;\n- then switch it off for an hour in the morning: whoever has not read the mail will call "
        "you.\n\nOnly after that, remove it.",
    ),
    (
        "Regex for an amount like 1,234.50 with optional thousands separators?",
        "```\n^\\d{1,3}(,\\d{3})*(\\.\\d{2})?$\n```\n\nIt takes `12`, `1,234` and `1,234.50`, and refuses "
        "`1,23.5`. If amounts without separators (`1234.50`) should pass too, add an alternative: "
        "`^(\\d+|\\d{1,3}(,\\d{3})+)(\\.\\d{2})?$`.",
    ),
)

FOLLOW_UP_ANSWERS = passages("""
Shorter: start small, write down what you see, decide after $few weeks.
%%
An example: a team of $few tries it on one task for $teens days. Before, the task took $hundreds minutes a week; \
afterwards they measure again. If it is not clearly less, they stop, and have lost an afternoon.
%%
In your place I would take the second way, because it can be undone. The first one binds you for $few months.
%%
| Point | Matters | Effort |
|---|---|---|
| Clear goal | very much | an hour |
| Experience | much | $few weeks |
| Tools | less than one thinks | $hundreds EUR |
%%
You're right to ask: the second point holds only when there are fewer than about $dozens people involved. With \
more, somebody has to coordinate, and that changes the sum.
%%
The main risk is stopping halfway. Second comes depending on one person, and third the price, which rises after \
the first year by $few to $teens %.
""")

MARKETING_SYSTEM = (
    "You write for a shop that sells things for home, work and travel. No superlatives, no exclamation marks.",
    "You are a copywriter. Tone: $style. Give exactly what is asked for, no introduction.",
)

COPY: tuple[tuple[str, str], ...] = (
    (
        "Write a product description for the $product, for $audience. Key points: $benefit; $benefit.",
        "The $product does one thing, and does it for a long time: $benefit, and $benefit.\n\nMade for $audience who "
        "would rather use it than think about it. In the box: the $product, a manual that fits on a card, and the "
        "promise that we answer within $few hours if anything is unclear.",
    ),
    (
        "$few subject lines for our newsletter in $season about the $product.",
        "1. The $product, for $season\n2. $season, sorted\n3. For $audience: $benefit\n4. What $hundreds customers "
        "told us about the $product\n5. Small change, quieter $season",
    ),
    (
        'Rewrite in a $style tone: "The $product is available again. It is $benefit."',
        "It's back. The $product is here again, and still $benefit.",
    ),
    (
        "A social post, at most 280 characters: $product, $benefit, link at the end.",
        "You asked, it's here: the $product. $benefit, and in stock for $season. Have a look: "
        "https://shop.example.com/$hundreds",
    ),
    (
        "Plan a campaign for $season: audience $audience, budget $few,000 EUR, product $product.",
        "## Campaign for $season\n\n| Week | Channel | Content | Budget |\n|---|---|---|---|\n| 1 | Newsletter | the "
        "story behind the $product | 0 EUR |\n| 2 | Social | $benefit, shown in 20 seconds | $hundreds EUR |\n| 3 | "
        "Partners | a guide for $audience | $hundreds EUR |\n| 4 | Search | reminder, last days | $hundreds EUR "
        "|\n\n**Measure:** orders with the code, cost per order, returns after $dozens days.",
    ),
)
