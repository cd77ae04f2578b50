"""The tags of stored prompts: what is one, what fits it, and what stands there afterwards."""

from typing import Any

import pytest

from gateway_app.prompts.tags import Misfit, Partial, filled_json, filled_text, partials_in, with_partials

NAME = {"name": "Ada"}


def texts(text: str, inputs: dict[str, Any]) -> tuple[str, list[Misfit]]:
    misfits: list[Misfit] = []
    return filled_text(text, inputs, misfits), misfits


def values(value: Any, inputs: dict[str, Any]) -> tuple[Any, list[Misfit]]:
    misfits: list[Misfit] = []
    return filled_json(value, inputs, misfits), misfits


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {{hc:name:string}}!", "Hello Ada!"),
        ("{{ hc : name : string }}", "Ada"),
        ("{{\n  hc:name:string\t}}", "Ada"),
        ("{{hc:name:string}}{{hc:name:string}}", "AdaAda"),
        ("{{hc:name:my-type}}", "Ada"),
        ("{{{hc:name:string}}}", "{{{hc:name:string}}}".replace("{{hc:name:string}}", "Ada")),
        # No tags
        ("{{hc:name}}", "{{hc:name}}"),
        ("{{name}}", "{{name}}"),
        ("{{HC:name:string}}", "{{HC:name:string}}"),
        ("{{hc:1name:string}}", "{{hc:1name:string}}"),
        ("{hc:name:string}", "{hc:name:string}"),
        ("{{hc:näme:string}}", "{{hc:näme:string}}"),
        ("{{hc:name:string", "{{hc:name:string"),
        # Other inputs
        ("{{hc:other:string}} of {{hc:name:string}}", "{{hc:other:string}} of Ada"),
    ],
)
def test_tags_in_text_become_the_inputs(text: str, filled: str) -> None:
    assert texts(text, NAME) == (filled, [])


@pytest.mark.parametrize("name", ["a", "_", "-", "a-b_c9", "Name", "x" * 200])
def test_names_have_letters_digits_dashes_and_underscores(name: str) -> None:
    assert texts(f"{{{{hc:{name}:string}}}}", {name: "it"}) == ("it", [])


@pytest.mark.parametrize(
    ("type_name", "value", "written"),
    [
        ("string", "", ""),
        ("string", 5, "5"),
        ("string", True, "true"),
        ("string", ["a", 1, None], "a,1,"),
        ("string", {"a": ["ü"]}, '{"a":["ü"]}'),
        ("number", 0, "0"),
        ("number", 5.0, "5"),
        ("number", 2.5, "2.5"),
        ("number", 1e21, "1e+21"),
        ("number", 12345678901234567890, "12345678901234567890"),
        ("number", "42", "42"),
        ("number", " -1.5e3 ", " -1.5e3 "),
        ("number", ".5", ".5"),
        ("number", "0x1F", "0x1F"),
        ("boolean", False, "false"),
        ("boolean", "YES", "YES"),
        ("boolean", "no", "no"),
        ("color", {"any": 1}, '{"any":1}'),
    ],
)
def test_what_fits_is_written_as_javascript_writes_it(type_name: str, value: Any, written: str) -> None:
    assert texts(f"{{{{hc:it:{type_name}}}}}", {"it": value}) == (written, [])


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("number", "abc"),
        ("number", "1_000"),
        ("number", "1,5"),
        ("number", "nan"),
        ("number", "٣"),
        ("number", [1]),
        ("number", {}),
        ("boolean", "maybe"),
        ("boolean", "true "),
        ("boolean", 1),
        ("boolean", [True]),
    ],
)
def test_what_does_not_fit_is_told_with_its_variable_its_type_and_its_value(
    type_name: str, value: Any
) -> None:
    (_, [misfit]) = texts(f"{{{{hc:it:{type_name}}}}}", {"it": value})
    assert misfit == Misfit("it", type_name, value)
    assert "'it'" in str(misfit)
    assert f"'{type_name}'" in str(misfit)


def test_a_value_with_tags_in_it_is_not_filled_in_again() -> None:
    inputs = {"name": "{{hc:secret:string}}", "secret": "hush"}
    assert texts("{{hc:name:string}}", inputs) == ("{{hc:secret:string}}", [])


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("{{hc:n:number}}", 3),
        ("{{hc:list:array}}", ["a", "b"]),
        ("{{hc:zero:number}}", 0),
        ("{{hc:off:boolean}}", False),
        ("{{hc:empty:string}}", ""),
        ("n is {{hc:n:number}}", "n is 3"),
        (" {{hc:n:number}}", " 3"),
        ({"enum": "{{hc:list:array}}"}, {"enum": ["a", "b"]}),
        ({"{{hc:name:string}}": {"type": "string"}}, {"Ada": {"type": "string"}}),
        ({"a_{{hc:n:number}}": 1}, {"a_3": 1}),
        ([[{"deep": ["{{hc:name:string}}"]}]], [[{"deep": ["Ada"]}]]),
        ({"plain": [1, 2.5, None, True, "x"]}, {"plain": [1, 2.5, None, True, "x"]}),
    ],
)
def test_tags_in_json_become_inputs_of_any_kind(value: Any, filled: Any) -> None:
    inputs = {"n": 3, "list": ["a", "b"], "zero": 0, "off": False, "empty": "", **NAME}
    assert values(value, inputs) == (filled, [])


@pytest.mark.parametrize(
    ("value", "misfit"),
    [
        ("{{hc:gone:string}}", Misfit("gone", "string", None)),
        ("x {{hc:gone:string}}", Misfit("gone", "string", None)),
        ({"{{hc:gone:string}}": 1}, Misfit("gone", "string", None)),
        ({"k_{{hc:gone:string}}": 1}, Misfit("gone", "string", None)),
        ("{{hc:name:number}}", Misfit("name", "number", "Ada")),
        ("x {{hc:name:number}}", Misfit("name", "number", "Ada")),
        ({"{{hc:n:number}}": 1}, Misfit("n", "string", 3)),
    ],
)
def test_in_json_every_input_must_be_there_and_fit(value: Any, misfit: Misfit) -> None:
    assert values(value, {"n": 3, **NAME})[1] == [misfit]


@pytest.mark.parametrize(
    ("text", "partials"),
    [
        ("{{hcp:abc123:0}}", [Partial("abc123", 0, "")]),
        ("{{ hcp : abc123 : 12 : staging }}", [Partial("abc123", 12, "staging")]),
        ("{{hcp:abc123:0}} {{hcp:ABC123:1:dev}}", [Partial("abc123", 0, ""), Partial("ABC123", 1, "dev")]),
        ("{{hcp:abc12:0}} {{hcp:abc123}} {{hcp:abc123:x}} {{hcp:abc123:-1}} {{hc:abc123:0}}", []),
    ],
)
def test_partials_name_a_prompt_a_message_and_perhaps_an_environment(
    text: str, partials: list[Partial]
) -> None:
    assert list(partials_in(text)) == partials


def test_partials_become_their_texts() -> None:
    known = {Partial("abc123", 0, ""): "Be kind."}
    assert with_partials("{{hcp:abc123:0}} {{hcp:abc123:1}}", known) == "Be kind. {{hcp:abc123:1}}"
