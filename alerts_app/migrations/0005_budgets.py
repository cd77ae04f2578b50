import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts_app", "0004_keeps_totals"),
        ("alerts_app", "0004_rules"),
        ("limits_app", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="BudgetReceivers",
            fields=[
                ("budget", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="receivers", serialize=False, to="limits_app.budget")),
                ("emails", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ("channels", models.ManyToManyField(related_name="+", to="alerts_app.channel")),
            ],
            options={"db_table": "budget_receivers"},
        ),
        migrations.CreateModel(
            name="BudgetWarning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(default="", help_text="Whose, where each has the amount for itself.", max_length=500)),
                ("period_start", models.DateTimeField(help_text="Of a rolling window: the last multiple of its length.")),
                ("percent", models.PositiveSmallIntegerField(help_text="The share; 100: used up.")),
                ("spent_nanodollars", models.BigIntegerField()),
                ("amount_nanodollars", models.BigIntegerField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("budget", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="warnings", to="limits_app.budget")),
                ("organization", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="budget_warnings", to="accounts_app.organization")),
            ],
            options={
                "db_table": "budget_warning",
                "indexes": [models.Index(fields=["organization", "budget", "-created_at"], name="budget_warning_list")],
                "constraints": [models.UniqueConstraint(fields=("organization", "budget", "value", "period_start", "amount_nanodollars", "percent"), name="budget_warning_once")],
            },
        ),
    ]
