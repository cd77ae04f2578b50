import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("accounts_app", "0003_provider_endpoint"),
        ("metrics_app", "0001_suggestions"),
    ]
    operations = [
        migrations.CreateModel(
            "Layout",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("dashboard", models.CharField(max_length=40)),
                (
                    "panels",
                    models.JSONField(
                        help_text="Name, width in columns and height (s, m, l) of each, in their order."
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
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["organization", "owner", "dashboard"], name="layout_once"
                    )
                ]
            },
        ),
    ]
