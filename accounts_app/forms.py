"""What people may type into the account pages: parsed here once, so that views see clean values."""

from typing import Any, cast

from django import forms

from accounts_app.models import (
    DAYS_OF_PLAN,
    MAX_RETENTION_DAYS,
    ApiKey,
    ErasureKind,
    Organization,
    Plan,
    Role,
    Scope,
)


def _to_role(value: Any) -> Role:
    return Role(int(value))


class ApiKeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(
        max_length=ApiKey._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"placeholder": "production backend", "autocomplete": "off"}),
    )
    scope = forms.ChoiceField(choices=Scope.choices, initial=Scope.READ_WRITE)


class RoleForm(forms.Form):
    """A role to give. Only those that `actor_role` may grant can be chosen."""

    role = forms.TypedChoiceField(coerce=_to_role, initial=Role.MEMBER)

    def __init__(self, *args: Any, actor_role: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = cast(forms.TypedChoiceField, self.fields["role"])
        role.choices = [(value, label) for value, label in Role.choices if value <= actor_role]


class AddMemberForm(RoleForm):
    """A person to add, by e-mail address."""

    email = forms.EmailField(
        label="E-mail",
        widget=forms.EmailInput(attrs={"placeholder": "name@example.com", "autocomplete": "off"}),
    )
    field_order = ("email", "role")


class OrganizationForm(forms.Form):
    """The name of an organization."""

    name = forms.CharField(max_length=Organization._meta.get_field("name").max_length)


class PlanForm(forms.Form):
    """How long traffic is kept."""

    plan = forms.ChoiceField(
        choices=[
            (Plan.FREE, f"Free: {DAYS_OF_PLAN[Plan.FREE]} days"),
            (Plan.PRO, f"Pro: {DAYS_OF_PLAN[Plan.PRO]} days"),
            (Plan.ENTERPRISE, "Enterprise: as many days as you choose"),
        ]
    )
    retention_days = forms.IntegerField(
        label="Days, if Enterprise",
        required=False,
        min_value=1,
        max_value=MAX_RETENTION_DAYS,
        widget=forms.NumberInput(attrs={"placeholder": "for ever"}),
    )
    keeps_totals = forms.BooleanField(
        required=False,
        label="Keep totals",
        help_text="What deleted requests add up to stays, by model and properties with few values; nothing of users.",
    )


class ErasureForm(forms.Form):
    """Whose data to erase: one user's or one session's."""

    kind = forms.ChoiceField(
        label="Data of",
        choices=[(kind.value, kind.label) for kind in (ErasureKind.USER, ErasureKind.SESSION)],
    )
    value = forms.CharField(
        label="Id",
        max_length=500,
        strip=False,  # an id is what the client sent, spaces included
        widget=forms.TextInput(attrs={"placeholder": "as it stands in a request", "autocomplete": "off"}),
    )


class EraseAllForm(forms.Form):
    """The organization's own name, typed to show that nothing is erased by a slip of the hand."""

    name = forms.CharField(
        label="Name of the organization", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._organization = organization

    def clean_name(self) -> str:
        """Returns the name. Raises ValidationError when it is another."""
        name: str = self.cleaned_data["name"]
        if name != self._organization.name.strip():
            raise forms.ValidationError(f"Type “{self._organization.name}” to erase its data.")
        return name
