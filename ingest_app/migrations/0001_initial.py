from pathlib import Path

from django.db import migrations, models

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        run_file(SQL, "0001_price"),
        run_file(SQL, "0001_body"),
        run_file(SQL, "0001_account"),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("provider", models.TextField()),
                ("model", models.TextField()),
                ("source", models.TextField()),
                ("usd_per_mtok", models.JSONField()),
            ],
            options={"db_table": "price", "managed": False},
        ),
    ]
