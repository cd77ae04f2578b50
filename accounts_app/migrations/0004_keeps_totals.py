from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts_app", "0003_provider_endpoint")]
    operations = [
        migrations.AddField(
            "Organization",
            "keeps_totals",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="What requests add up to stays when they are deleted by age.",
            ),
        ),
    ]
