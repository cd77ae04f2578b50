"""Search in many scripts: each as people write it, and as they search for it."""

import pytest

from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.searching import Searches, said


@pytest.fixture
def searches(stack: Stack, organization: Tenant) -> Searches:
    return Searches(Api(stack.url, organization.api_key), organization.id)


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("The quick-witted fox (v3.14) costs $20.", ["FOX", "quick-witted", "witted", "v3.14", '"fox v3"', "20"]),
        ("Die Straße führt über Köln", ["straße", "STRASSE", "führt", "u\u0308ber", "köln"]),
        ("Cafe\u0301 Müller, naïve", ["café", "müller", "naïve"]),
        ("今天我们讨论人工智能的数据库索引。", ["人工智能", "数据库", "索引", "今", '"的数据库"', "智能 今天"]),
        ("東京タワーへ行きました。ｶﾞﾗｽの靴", ["東京", "タワー", "東京タワー", "行きました", "ガラス", "靴"]),
        ("สวัสดีครับ วันนี้อากาศดีมาก", ["สวัสดี", "ครับ", "อากาศ", "วันนี้อากาศ"]),
        ("서울에서 만나요", ["서울", "서울에서", "만나"]),
        ("អរុណសួស្តី ពិភពលោក", ["អរុណ", "ពិភពលោក"]),
        ("မင်္ဂလာပါ ကမ္ဘာ", ["မင်္ဂလာ", "ကမ္ဘာ"]),
        ("ສະບາຍດີ ຊາວໂລກ", ["ສະບາຍດີ", "ຊາວໂລກ"]),
        ("مُحَمَّدٌ يقرأ الكتـــاب", ["محمد", "مُحَمَّد", "الكتاب"]),
        ("שָׁלוֹם עולם", ["שלום", "עולם"]),
        ("कृपया हिन्दी में लिखें", ["हिन्दी", "लिखें"]),
        ("Привет, МИР! Ёлка", ["привет", "мир", "ёлка"]),
        ("می\u200cخواهم بروم", ["می\u200cخواهم", "میخواهم"]),
        ("Great 👍🏽 work 🎉, family 👨\u200d👩\u200d👧 ❤\ufe0f", ["👍", "👍🏽", "🎉", "👨\u200d👩\u200d👧", "❤"]),
        (
            "call getUserName() or HTTPServer.parse_json_body from OpenAI's __init__",
            ["getUserName", "getusername", "user", "openai", "HTTP", "httpserver", "parse_json_body", "json", "init",
             '"get user name"', '"parse json"', "HTTPServer.parse_json_body"],
        ),
        ("ＡＢＣ １２３ ﬁne ㎏", ["abc", "123", "fine", "kg"]),
        ("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301", ["3f2504e0-4f89-11d3-9a0c-0305e82c3301", "4f89"]),
        ("x" * 100 + " and " + "y" * 100, ["x" * 100]),
    ],
)  # fmt: skip
def test_a_text_is_found_by(searches: Searches, text: str, queries: list[str]) -> None:
    searches.log(it=said(searches.organization_id, text))
    missed = [query for query in queries if searches.found(query) != ["it"]]
    assert missed == []


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("今天我们讨论人工智能", ["智人", "今们", '"人工讨论"', "工能"]),
        ("The quick brown fox", ["qui", "foxes", '"quick fox"', "brownfox"]),
        ("getUserName", ["username", "getuser", '"user get"']),
        ("สวัสดีครับ", ["ครับสวัสดี", "สครับ"]),
        ("Köln", ["koln"]),
        ("x" * 100, ["x" * 99, "x" * 64]),
    ],
)
def test_a_text_is_not_found_by(searches: Searches, text: str, queries: list[str]) -> None:
    searches.log(it=said(searches.organization_id, text))
    wrong = [query for query in queries if searches.found(query)]
    assert wrong == []
