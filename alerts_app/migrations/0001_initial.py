import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts_app', '0004_keeps_totals'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('metric', models.CharField(choices=[('response.status', 'Error rate, percent'), ('cost', 'Cost, US dollars'), ('latency', 'Latency, ms'), ('total_tokens', 'Tokens'), ('prompt_tokens', 'Prompt tokens'), ('completion_tokens', 'Completion tokens'), ('prompt_cache_read_tokens', 'Tokens read from caches'), ('prompt_cache_write_tokens', 'Tokens written to caches'), ('count', 'Requests')], max_length=32)),
                ('aggregation', models.CharField(choices=[('sum', 'Sum'), ('avg', 'Average'), ('min', 'Least'), ('max', 'Most'), ('percentile', 'Percentile')], default='sum', max_length=10)),
                ('percentile', models.FloatField(help_text='Of the aggregation of that name, such as 95.', null=True)),
                ('threshold', models.FloatField(help_text="In the metric's unit.")),
                ('window_ms', models.BigIntegerField()),
                ('minimum_request_count', models.PositiveIntegerField(help_text='A window with fewer requests says nothing.', null=True)),
                ('filter', models.JSONField(help_text="Helicone's filter tree; NULL: all requests.", null=True)),
                ('grouping', models.CharField(default='', help_text='Each user, model or provider is judged alone, or each value of a property; empty: all together.', max_length=200)),
                ('grouping_is_property', models.BooleanField(default=False)),
                ('emails', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('slack_channels', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('status', models.CharField(choices=[('resolved', 'Resolved'), ('triggered', 'Triggered')], default='resolved', max_length=9)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='accounts_app.organization')),
            ],
            options={
                'db_table': 'alert',
                'indexes': [models.Index(fields=['organization', 'created_at'], name='alert_list')],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='alert_name_given'), models.CheckConstraint(condition=models.Q(('metric__in', ['response.status', 'cost', 'latency', 'total_tokens', 'prompt_tokens', 'completion_tokens', 'prompt_cache_read_tokens', 'prompt_cache_write_tokens', 'count'])), name='alert_metric_known'), models.CheckConstraint(condition=models.Q(('aggregation__in', ['sum', 'avg', 'min', 'max', 'percentile'])), name='alert_aggregation_known'), models.CheckConstraint(condition=models.Q(models.Q(('aggregation', 'percentile'), ('percentile__gt', 0), ('percentile__lt', 100)), models.Q(models.Q(('aggregation', 'percentile'), _negated=True), ('percentile', None)), _connector='OR'), name='alert_percentile_with_its_aggregation'), models.CheckConstraint(condition=models.Q(('threshold__gt', 0), models.Q(models.Q(('metric', 'response.status'), _negated=True), ('threshold__lte', 100), _connector='OR')), name='alert_threshold_possible'), models.CheckConstraint(condition=models.Q(('window_ms__range', (60000, 2592000000))), name='alert_window_ms'), models.CheckConstraint(condition=models.Q(('grouping_is_property', False), models.Q(('grouping', ''), _negated=True), _connector='OR'), name='alert_property_named'), models.CheckConstraint(condition=models.Q(('status__in', ['resolved', 'triggered'])), name='alert_status_known')],
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('destination', models.CharField(max_length=2000)),
                ('version', models.CharField(default='2024-10-22', max_length=10)),
                ('sample_rate_percent', models.FloatField(default=100)),
                ('property_filters', models.JSONField(default=list, help_text='All must hold: [{"key": a property, "value": what it equals}, …].')),
                ('includes_data', models.BooleanField(default=True, help_text="Sends the model, costs and the bodies' address, too.")),
                ('signing_key_ciphertext', models.BinaryField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to='accounts_app.organization')),
            ],
            options={
                'db_table': 'webhook',
                'indexes': [models.Index(fields=['organization', 'created_at'], name='webhook_list')],
                'constraints': [models.CheckConstraint(condition=models.Q(('sample_rate_percent__range', (0, 100))), name='webhook_sample_rate'), models.CheckConstraint(condition=models.Q(('destination__startswith', 'http')), name='webhook_destination_is_url')],
            },
        ),
    ]
