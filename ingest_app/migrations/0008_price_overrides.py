from pathlib import Path

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts_app', '0003_provider_endpoint'),
        ('ingest_app', '0007_rollups'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        run_file(SQL, "0008_price_overrides"),
        migrations.CreateModel(
            name='CostRecompute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.TextField(help_text='As in PriceOverride.')),
                ('model', models.TextField(help_text='As in PriceOverride; * for all.')),
                ('since', models.DateTimeField(help_text='NULL: from the first request on.', null=True)),
                ('until', models.DateTimeField(help_text='Requests before that.')),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=9)),
                ('error', models.TextField(help_text='Why it failed, for people; else empty.')),
                ('rows_about', models.BigIntegerField(help_text='How many requests the period had at the start.', null=True)),
                ('rows_done', models.BigIntegerField(default=0, help_text='How many of them were looked at.')),
                ('rows_changed', models.BigIntegerField(default=0, help_text='How many of these have another cost now.')),
                ('after_at', models.DateTimeField(null=True)),
                ('after_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cost_recomputes', to='accounts_app.organization')),
                ('requested_by', models.ForeignKey(help_text='None: by the command.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'cost_recompute',
                'indexes': [models.Index(fields=['organization', '-created_at'], name='cost_recompute_list'), models.Index(condition=models.Q(('state__in', ('queued', 'running'))), fields=['created_at'], name='cost_recompute_unfinished')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'failed', 'cancelled'])), name='cost_recompute_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('after_at', None), ('after_id', None)), models.Q(('after_at__isnull', False), ('after_id__isnull', False)), _connector='OR'), name='cost_recompute_place_whole')],
            },
        ),
        migrations.CreateModel(
            name='PriceOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.TextField(help_text='As requests have it; empty for any.')),
                ('model', models.TextField(help_text="A model's name, or how names begin and * at the end.")),
                ('usd_per_mtok', models.JSONField(help_text='US dollars per million of each kind (pricing), as text.')),
                ('valid_from', models.DateTimeField(help_text='Requests from then on; NULL: all.', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('removed_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='price_overrides', to='accounts_app.organization')),
                ('removed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'price_override',
                'indexes': [models.Index(condition=models.Q(('removed_at', None)), fields=['id'], name='price_override_valid')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('organization', 'provider', 'model', 'valid_from'), name='price_override_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('model', ''), _negated=True), name='price_override_model_given'), models.CheckConstraint(condition=models.Q(('usd_per_mtok', {}), _negated=True), name='price_override_price_given')],
            },
        ),
    ]
