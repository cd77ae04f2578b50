from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("alerts_app", "0005_budgets"),
    ]

    operations = []
