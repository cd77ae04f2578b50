import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts_app', '0003_provider_endpoint'),
        ('requests_app', '0003_scores_and_feedback'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('format', models.CharField(choices=[('csv', 'CSV'), ('excel', 'CSV for Excel'), ('jsonl', 'JSONL'), ('parquet', 'Parquet')], max_length=8)),
                ('query', models.TextField(help_text="The filter, as the list's query string.")),
                ('fields', models.TextField(help_text='Names of columns, separated by commas; empty: all.')),
                ('with_bodies', models.BooleanField()),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('expired', 'Expired')], default='queued', max_length=9)),
                ('error', models.TextField(help_text='Why it failed, for people; else empty.')),
                ('attempts', models.SmallIntegerField(default=0, help_text='How often a worker began.')),
                ('rows_done', models.BigIntegerField(default=0)),
                ('rows_about', models.BigIntegerField(help_text='How many there were at the start.', null=True)),
                ('bytes', models.BigIntegerField(default=0, help_text='Of the file, so far.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to='accounts_app.organization')),
                ('requested_by', models.ForeignKey(help_text='None: by an API key.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'export',
                'indexes': [models.Index(fields=['organization', '-created_at'], name='export_list'), models.Index(condition=models.Q(('state__in', ('queued', 'running'))), fields=['created_at'], name='export_unfinished')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'failed', 'cancelled', 'expired'])), name='export_state_known'), models.CheckConstraint(condition=models.Q(('format__in', ['csv', 'excel', 'jsonl', 'parquet'])), name='export_format_known')],
            },
        ),
    ]
