from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("alerts_app", "0003_webhook_deliveries"),
    ]

    operations = []
