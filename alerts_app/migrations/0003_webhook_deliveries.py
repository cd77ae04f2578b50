import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts_app", "0004_keeps_totals"),
        ("alerts_app", "0002_notices"),
        ("ingest_app", "0010_new_rows"),
    ]

    operations = [
        migrations.AddField(
            model_name='webhook',
            name='previous_signing_key_ciphertext',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='webhook',
            name='rotated_at',
            field=models.DateTimeField(help_text='When the previous key was replaced.', null=True),
        ),
        migrations.AddField(
            model_name='webhook',
            name='is_paused',
            field=models.BooleanField(default=False, help_text='Somebody switched it off.'),
        ),
        migrations.AddField(
            model_name='webhook',
            name='disabled_at',
            field=models.DateTimeField(help_text='When lasting failure switched it off.', null=True),
        ),
        migrations.AddField(
            model_name='webhook',
            name='disabled_reason',
            field=models.TextField(default='', help_text='What came of the last attempt, for people.'),
        ),
        migrations.AddField(
            model_name='webhook',
            name='failing_since',
            field=models.DateTimeField(help_text='The first failure since anything was delivered.', null=True),
        ),
        migrations.AddField(
            model_name='webhook',
            name='failures_in_a_row',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='webhook',
            name='last_delivered_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='webhook',
            name='dropped',
            field=models.BigIntegerField(default=0, help_text='Requests that it was never told of, since too many were waiting.'),
        ),
        migrations.AddField(
            model_name='webhook',
            name='dropped_at',
            field=models.DateTimeField(help_text='The last time.', null=True),
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.CheckConstraint(condition=models.Q(('previous_signing_key_ciphertext', None), ('rotated_at__isnull', False), _connector='OR'), name='webhook_rotation_has_a_time'),
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('request_created_at', models.DateTimeField(help_text='With the next the key of the request.')),
                ('request_row_id', models.UUIDField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('failed', 'Retrying'), ('delivered', 'Delivered'), ('given up', 'Given up'), ('gone', 'Request is gone')], default='pending', max_length=9)),
                ('attempts', models.IntegerField(default=0, help_text='How often a worker began.')),
                ('attempts_before', models.IntegerField(default=0, help_text='Those until it was last sent again by hand.')),
                ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now, help_text='While a worker is at it, when it counts as dead.')),
                ('retried_until', models.DateTimeField(help_text='No other attempt begins later.')),
                ('last_status', models.SmallIntegerField(help_text='HTTP, where an answer came.', null=True)),
                ('last_outcome', models.TextField(default='', help_text='What came of the last attempt, for people.')),
                ('last_duration_ms', models.IntegerField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts_app.organization')),
                ('webhook', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='deliveries', to='alerts_app.webhook')),
            ],
            options={
                'db_table': 'webhook_delivery',
                'indexes': [models.Index(fields=['webhook', '-created_at', '-id'], name='webhook_delivery_list'), models.Index(condition=models.Q(('state__in', ('pending', 'failed'))), fields=['webhook', 'next_attempt_at'], name='webhook_delivery_due'), models.Index(fields=['created_at'], name='webhook_delivery_age')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'failed', 'delivered', 'given up', 'gone'])), name='webhook_delivery_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('state__in', ('pending', 'failed'))), models.Q(models.Q(('state__in', ('pending', 'failed')), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='webhook_delivery_finished_at_its_end')],
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField(help_text='From 1.')),
                ('began_at', models.DateTimeField()),
                ('duration_ms', models.IntegerField()),
                ('status', models.SmallIntegerField(help_text='HTTP, where an answer came.', null=True)),
                ('outcome', models.TextField(help_text='For people.')),
                ('is_delivered', models.BooleanField()),
                ('answer', models.TextField(help_text="How the answer's body begins.")),
                ('delivery', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='attempt_rows', to='alerts_app.delivery')),
            ],
            options={
                'db_table': 'webhook_attempt',
                'constraints': [models.UniqueConstraint(fields=('delivery', 'number'), name='webhook_attempt_once')],
            },
        ),
        migrations.CreateModel(
            name='WebhookHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('delivered', models.BigIntegerField(default=0)),
                ('failed', models.BigIntegerField(default=0)),
                ('webhook', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='alerts_app.webhook')),
            ],
            options={
                'db_table': 'webhook_hour',
                'constraints': [models.UniqueConstraint(fields=('webhook', 'hour'), name='webhook_hour_once')],
            },
        ),
        # Those that there are already are told from now on.
        migrations.RunSQL(
            "INSERT INTO new_row_reader (organization_id, reader) SELECT DISTINCT organization_id, 'webhooks' FROM webhook",
            "DELETE FROM new_row_reader WHERE reader = 'webhooks'",
        ),
    ]
