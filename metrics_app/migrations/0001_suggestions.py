import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts_app", "0003_provider_endpoint"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Look",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="suggestion_look",
                        serialize=False,
                        to="accounts_app.organization",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=7,
                    ),
                ),
                ("ordered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempts", models.SmallIntegerField(default=0, help_text="How often a worker began.")),
                ("done", models.IntegerField(default=0, help_text="Requests looked at so far.")),
                ("total", models.IntegerField(help_text="Requests to look at.", null=True)),
                ("error", models.TextField(help_text="Why it failed, for people; else empty.")),
                ("finished_at", models.DateTimeField(null=True)),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                ("requests", models.IntegerField(null=True)),
                ("cost_nanodollars", models.BigIntegerField(null=True)),
                (
                    "limits",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        default=list,
                        help_text="What it did not look at, in sentences.",
                        size=None,
                    ),
                ),
            ],
            options={
                "db_table": "suggestion_look",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("queued", "running"))),
                        fields=["ordered_at"],
                        name="suggestion_look_unfinished",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Dismissal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("suggestion_id", models.UUIDField()),
                ("dismissed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "dismissed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts_app.organization",
                    ),
                ),
            ],
            options={
                "db_table": "suggestion_dismissal",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "suggestion_id"), name="suggestion_dismissed_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("repeated", "Repeated requests"),
                            ("uncached_prefix", "No prompt cache"),
                            ("varying_head", "Varying head"),
                            ("dear_model", "Dear model"),
                            ("retries", "Retries"),
                            ("cut_off", "Cut-off answers"),
                            ("unused_tools", "Unused tools"),
                            ("loops", "Loops"),
                        ],
                        max_length=20,
                    ),
                ),
                ("provider", models.TextField()),
                ("model", models.TextField()),
                ("requests", models.IntegerField(help_text="That it is about.")),
                (
                    "unpriced",
                    models.IntegerField(
                        help_text="Those of them that are in no sum, since their price is unknown."
                    ),
                ),
                (
                    "saving_nanodollars",
                    models.BigIntegerField(help_text="What would have been saved on the others."),
                ),
                (
                    "waited_ms",
                    models.BigIntegerField(
                        help_text="What people waited in vain; 0 where that is not the point."
                    ),
                ),
                ("facts", models.JSONField(help_text="More numbers and names, for `words`.")),
                (
                    "evidence",
                    models.JSONField(
                        help_text="[id, nano-dollars saved or null] of requests, the largest saving first."
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suggestions",
                        to="accounts_app.organization",
                    ),
                ),
            ],
            options={
                "db_table": "suggestion",
                "indexes": [
                    models.Index(fields=["organization", "-saving_nanodollars"], name="suggestion_list")
                ],
            },
        ),
    ]
