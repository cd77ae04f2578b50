"""The kinds of channels as people are told of them: what each is, and where to get what it asks for."""

from dataclasses import dataclass

from alerts_app.notices.models import ChannelKind


@dataclass(frozen=True, slots=True)
class KindWords:
    """What is said of a kind: one line, and the steps that lead to what its form asks for."""

    kind: ChannelKind
    what: str
    steps: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Returns its name."""
        return str(self.kind.label)


KINDS = {
    words.kind: words
    for words in (
        KindWords(ChannelKind.EMAIL, "One mail to all its addresses"),
        KindWords(
            ChannelKind.SLACK,
            "A message in a channel of Slack",
            (
                "In Slack open “Apps”, look for “Incoming WebHooks” and add it; or make an app of your own at "
                "api.slack.com/apps and switch “Incoming Webhooks” on.",
                "Choose the channel that is to be told, and copy the webhook's address.",
            ),
        ),
        KindWords(
            ChannelKind.DISCORD,
            "A message in a channel of Discord",
            (
                "In Discord open the channel's settings, “Integrations”, “Webhooks”.",
                "Make a new webhook and press “Copy Webhook URL”.",
            ),
        ),
        KindWords(
            ChannelKind.PAGERDUTY,
            "An incident that is resolved when its reason is gone",
            (
                "In PagerDuty open the service that is to be on call, “Integrations”, “Add integration”.",
                "Choose “Events API V2” and copy its integration key.",
            ),
        ),
        KindWords(
            ChannelKind.WEBHOOK,
            "A signed call with JSON to an address of your own",
            (
                "The address has to be public and begin with https://, or be listed by the operator in "
                "HELICONE_ALLOWED_TARGETS.",
                "Its signing key is shown once, when the channel is made: your program verifies calls by it.",
            ),
        ),
        KindWords(
            ChannelKind.APPRISE,
            "Microsoft Teams, Google Chat, Telegram, Opsgenie and more",
            (
                "For Microsoft Teams make a workflow “Post to a channel when a webhook request is received”, and copy "
                "its address.",
                "For Google Chat open the space's “Apps & integrations”, “Webhooks”, and copy the webhook's address.",
                "For the others write the address as in the table below, which is how apprise writes it.",
            ),
        ),
    )
}
