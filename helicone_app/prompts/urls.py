"""`/v1/prompt-2025`"""

from django.urls import path

from helicone_app.prompts.api import (
    CountView,
    DeleteView,
    EnvironmentsView,
    PromptTagsView,
    PromptView,
    QueryView,
    RenameView,
    TagsView,
)
from helicone_app.prompts.inputs_api import InputsView
from helicone_app.prompts.versions_api import (
    DeleteVersionView,
    EnvironmentVersionView,
    ProductionVersionView,
    PromptBodyView,
    RemoveEnvironmentView,
    SetEnvironmentView,
    TotalVersionsView,
    UpdateView,
    VersionsView,
    VersionView,
)

urlpatterns = [
    path("query", QueryView.as_view(), name="prompts"),
    path("tags", TagsView.as_view(), name="prompts-tags"),
    path("environments", EnvironmentsView.as_view(), name="prompts-environments"),
    path("count", CountView.as_view(), name="prompts-count"),
    # update, remove
    path("update", UpdateView.as_view(), name="prompt-update"),
    path("update/environment", SetEnvironmentView.as_view(), name="prompt-set-environment"),
    path("remove/environment", RemoveEnvironmentView.as_view(), name="prompt-remove-environment"),
    # query/
    path("query/version", VersionView.as_view(), name="prompt-version"),
    path("query/environment-version", EnvironmentVersionView.as_view(), name="prompt-environment-version"),
    path("query/production-version", ProductionVersionView.as_view(), name="prompt-production-version"),
    path("query/versions", VersionsView.as_view(), name="prompt-versions"),
    path("query/total-versions", TotalVersionsView.as_view(), name="prompt-total-versions"),
    # id/<prompt>
    path("id/<str:prompt_id>", PromptView.as_view(), name="prompt"),
    path("id/<str:prompt_id>/rename", RenameView.as_view(), name="prompt-rename"),
    path("id/<str:prompt_id>/tags", PromptTagsView.as_view(), name="prompt-tags"),
    path("id/<str:prompt_id>/<str:version_id>/inputs", InputsView.as_view(), name="prompt-inputs"),
    # <prompt>, <version>
    path("<str:version_id>/prompt-body", PromptBodyView.as_view(), name="prompt-body"),
    path("<str:prompt_id>", DeleteView.as_view(), name="prompt-delete"),
    path("<str:prompt_id>/<str:version_id>", DeleteVersionView.as_view(), name="prompt-version-delete"),
]
