import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0007_value_indexes")]
    operations = [
        migrations.AddField(
            "Export",
            "ids",
            django.contrib.postgres.fields.ArrayField(
                models.UUIDField(), null=True, help_text="Of the requests that were picked one by one."
            ),
        ),
        migrations.AddField(
            "Export",
            "picked",
            models.IntegerField(null=True, help_text="How many ids there are, which lists do not read."),
        ),
        migrations.AlterField(
            "Export",
            "query",
            models.TextField(help_text="The filter, as the list's query string; empty where there are ids."),
        ),
    ]
