"""The column chooser of the list of requests."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

pytest_plugins = ("tests.browser", "tests.request_pages")


def test_columns_are_chosen_ordered_and_remembered(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"properties": {"Team, or so": "red"}, "user_id": "ada"})
    visitor.goto(address)
    visitor.locator("#columns-menu summary").click()
    for label in ("Time", "Status", "Tokens", "Cost", "Latency", "First token", "Properties", "Request"):
        visitor.locator("#columns-panel").get_by_label(label, exact=True).uncheck()
    visitor.locator("#columns-panel").get_by_label("Team, or so").check()
    user = visitor.locator("#columns-panel").get_by_label("User", exact=True)
    user.press("Alt+ArrowUp")
    for _ in range(2):
        user.press("Alt+ArrowUp")
    visitor.get_by_role("button", name="Show these").click()
    heads = visitor.locator("#rows thead th:not(.select)")
    expect(heads).to_have_count(3)
    assert [text.strip() for text in heads.all_text_contents()] == ["User", "Model", "Team, or so"]
    assert "columns=" in visitor.url
    expect(visitor.locator("[data-row]")).to_contain_text("red")
    visitor.goto(address)
    expect(heads).to_have_count(3)
    visitor.locator("[data-row] .cell-text").click()
    expect(visitor.get_by_role("complementary", name="Request")).to_be_visible()


def test_columns_are_dragged_into_another_order(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"user_id": "ada"})
    visitor.goto(f"{address}?columns=model,user,cost,latency")
    visitor.locator("#columns-menu summary").click()
    panel = visitor.locator("#columns-panel")
    choices = panel.locator("li")

    def drag(label: str, onto: str, *, y: int) -> None:
        target = choices.filter(has=visitor.get_by_label(onto, exact=True))
        choices.filter(has=visitor.get_by_label(label, exact=True)).drag_to(
            target, target_position={"x": 20, "y": y}
        )

    drag("Latency", "Model", y=2)  # above it
    drag("Model", "Cost", y=24)  # below it
    shown = [text.strip() for text in choices.all_text_contents()][:4]
    assert shown == ["Latency", "User", "Cost", "Model"]
    panel.get_by_role("button", name="Show these").click()
    heads = visitor.locator("#rows thead th:not(.select)")
    expect(heads).to_have_text(["Latency", "User", "Cost", "Model"])
    visitor.goto(address)
    expect(heads).to_have_text(["Latency", "User", "Cost", "Model"])
