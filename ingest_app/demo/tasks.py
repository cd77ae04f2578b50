"""Work that takes one request, and chats that take a few."""

import random
from collections.abc import Callable

import msgspec

from ingest_app.demo import corpus_chat, corpus_languages, corpus_support
from ingest_app.demo.dialogue import Ask, Json, Message, Reply, Step, Work
from ingest_app.demo.pictures import receipts
from ingest_app.demo.scene import Scene

_MOST_INPUTS = 64
_CODE_SHARE = 0.4
_TRANSLATION_SHARE = 0.5
_IMAGE_SHARE = 0.3
_TEXT: Json = {"type": "string"}
_NUMBER: Json = {"type": "number"}
_INTEGER: Json = {"type": "integer"}


def support(scene: Scene) -> Work:
    """Returns a customer's mail and the draft of an answer."""
    letter, _ = _letter(scene)
    return _single("support", scene.pick(corpus_support.SYSTEM), letter, scene.pick(corpus_support.REPLY))


def triage(scene: Scene) -> Work:
    """Returns a mail and its classification, as structured output."""
    letter, category = _letter(scene)
    categories = sorted({problem[0] for problem in corpus_support.PROBLEMS})
    schema = _object(
        category={"type": "string", "enum": categories},
        urgency=_INTEGER,
        sentiment={"type": "string", "enum": list(corpus_support.SENTIMENTS)},
        language=_TEXT,
        summary=_TEXT,
    )
    found = {
        "category": category,
        "urgency": scene.rng.choices((1, 2, 3, 4), (1, 3, 5, 3))[0],
        "sentiment": scene.rng.choice(corpus_support.SENTIMENTS),
        "language": "en",
        "summary": scene.pick(corpus_support.SUMMARIES),
    }
    system = scene.pick(corpus_support.TRIAGE_SYSTEM)
    ask = Ask(system, (Message("user", letter),), schema_name="triage", schema=schema)
    return Work("triage", [Step(ask, Reply(_json(found)))])


def invoice(scene: Scene) -> Work:
    """Returns an invoice, as text or as a picture, and what is read from it."""
    rng = scene.rng
    rows = []
    for _ in range(rng.randint(1, 6)):
        quantity, unit_cents = rng.randint(1, 20), rng.randint(150, 25_000)
        rows.append(
            {
                "description": rng.choice(
                    (Scene(rng).write("$product"), "freight", "hours, consulting", "set-up")
                ),
                "quantity": quantity,
                "unit_price": unit_cents / 100,
                "total": quantity * unit_cents / 100,
            }
        )
    net = round(sum(float(str(row["total"])) for row in rows), 2)
    found = {
        "invoice_number": scene.write("$invoice"),
        "date": f"2026-{rng.randint(1, 6):02}-{rng.randint(1, 28):02}",
        "currency": "EUR",
        "lines": rows,
        "net": net,
        "vat": round(net * 0.19, 2),
        "gross": round(net * 1.19, 2),
    }
    line = _object(description=_TEXT, quantity=_INTEGER, unit_price=_NUMBER, total=_NUMBER)
    schema = _object(
        invoice_number=_TEXT,
        date=_TEXT,
        currency=_TEXT,
        lines={"type": "array", "items": line},
        net=_NUMBER,
        vat=_NUMBER,
        gross=_NUMBER,
    )
    system = "Read the invoice and return its fields. Amounts as numbers with a point. Leave out nothing."
    if rng.random() < _IMAGE_SHARE:
        message = Message("user", "Scan from the inbox, one page.", image=rng.choice(receipts()))
    else:
        message = Message("user", _printed(found, rows))
    ask = Ask(system, (message,), schema_name="invoice", schema=schema)
    return Work("invoices", [Step(ask, Reply(_json(found)))])


def search(scene: Scene) -> Work:
    """Returns inputs to embed: a search of one, or articles of the help centre to index."""
    rng = scene.rng
    if rng.random() < 0.7:
        inputs: tuple[str, ...] = (scene.pick(corpus_support.QUERIES),)
    else:
        count = rng.choice((8, 16, 16, 32, _MOST_INPUTS))
        inputs = tuple(Scene(rng).pick(corpus_support.ARTICLES) for _ in range(count))
    return Work("search", [Step(Ask(inputs=inputs), Reply())])


def marketing(scene: Scene) -> Work:
    """Returns copy to be written, or texts to be translated."""
    if scene.rng.random() < _TRANSLATION_SHARE:
        return _translation(scene)
    asked, reply = scene.rng.choice(corpus_chat.COPY)
    return _single(
        "marketing", scene.pick(corpus_chat.MARKETING_SYSTEM), scene.write(asked), scene.write(reply)
    )


def chat(scene: Scene, turns: int) -> Work:
    """Returns a chat of `turns` questions; one that goes on is a session."""
    rng = scene.rng
    system = scene.pick(corpus_chat.SYSTEM)
    if rng.random() < _CODE_SHARE:
        asked, replied = (scene.write(text) for text in rng.choice(corpus_chat.CODE))
    else:
        asked, replied = scene.pick(corpus_chat.QUESTIONS), scene.pick(corpus_chat.ANSWERS)
    history: list[Message] = []
    steps: list[Step] = []
    for _ in range(turns):
        history.append(Message("user", asked))
        # Reading the answer and writing the next question takes about half a minute.
        steps.append(Step(Ask(system, tuple(history)), Reply(replied), "/chat", rng.lognormvariate(3.3, 0.7)))
        history.append(Message("assistant", replied))
        asked, replied = scene.write("$follow_up"), scene.pick(corpus_chat.FOLLOW_UP_ANSWERS)
    return Work("chat", steps, "Chat" if turns > 1 else "")


SINGLES: dict[str, Callable[[Scene], Work]] = {
    "support": support,
    "triage": triage,
    "invoices": invoice,
    "search": search,
    "marketing": marketing,
}


def _letter(scene: Scene) -> tuple[str, str]:
    """Returns a customer's mail and its category; the scene knows then what solves the problem."""
    category, problem, resolution = scene.rng.choice(corpus_support.PROBLEMS)
    scene.tell(problem=scene.write(problem), resolution=scene.write(resolution))
    return scene.pick(corpus_support.LETTER), category


def _translation(scene: Scene) -> Work:
    rng = scene.rng
    # Both sides must name the same numbers.
    scene.tell(few=scene.number(2, 9), teens=scene.number(11, 19), dozens=scene.number(20, 90))
    target = rng.randrange(len(corpus_languages.LANGUAGES))
    chosen = rng.sample(corpus_languages.SENTENCES, rng.randint(2, 6))
    joint = "\n" if rng.random() < 0.3 else " "
    source = scene.write(joint.join(sentence[0] for sentence in chosen))
    translated = scene.write(joint.join(sentence[target + 1] for sentence in chosen))
    system = rng.choice(corpus_languages.SYSTEM).format(language=corpus_languages.LANGUAGES[target])
    return _single("marketing", system, source, translated)


def _single(feature: str, system: str, asked: str, replied: str) -> Work:
    return Work(feature, [Step(Ask(system, (Message("user", asked),)), Reply(replied))])


def _printed(found: Json, rows: list[Json]) -> str:
    """Returns the invoice as text recognition leaves it."""
    lines = [
        f"{row['description']:<40} {row['quantity']:>4} x {row['unit_price']:>9.2f} {row['total']:>11.2f}"
        for row in rows
    ]
    head = [f"INVOICE {found['invoice_number']}", f"Date: {found['date']}", ""]
    sums = [
        "",
        f"Net {found['net']:.2f} EUR",
        f"VAT 19 % {found['vat']:.2f}",
        f"Total {found['gross']:.2f} EUR",
    ]
    return "\n".join(head + lines + sums)


def _object(**properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _json(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def chat_turns(rng: random.Random) -> int:
    """Returns how many questions a chat has."""
    return rng.choices((1, 2, 3, 4, 5, 7), (40, 22, 16, 11, 7, 4))[0]
