from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("ingest_app", "0009_prompt_inputs"),
    ]

    operations = []
