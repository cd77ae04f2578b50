import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


def write_queries(apps, schema_editor):
    """What alerts watched was Helicone's tree alone: the same in our language is what is judged now."""
    # Parts of the language of filters, which stored filters are bound to in any case; no models.
    from requests_app.filter_language.errors import FilterError
    from requests_app.filter_language.helicone import parse_tree
    from requests_app.filter_language.printing import print_filter

    alerts = apps.get_model("alerts_app", "Alert").objects
    alerts.exclude(grouping__in=["", "user", "model", "provider"]).update(grouping_is_property=True)
    for alert in alerts.filter(filter__isnull=False):
        try:
            alert.query = print_filter(parse_tree(alert.filter))
        except FilterError as error:
            # Better not at all than all requests.
            alert.is_active, alert.last_error = False, str(error)
        alert.save(update_fields=["query", "is_active", "last_error"])


class Migration(migrations.Migration):

    dependencies = [
        ('alerts_app', '0003_webhook_deliveries'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('group', models.TextField(default='', help_text='The user, model, … that was judged; empty: all together.')),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('end_reason', models.CharField(choices=[('recovered', 'Back to normal'), ('paused', 'The alert was paused'), ('changed', 'The alert was changed')], default='', max_length=9)),
                ('start_value', models.FloatField()),
                ('worst_value', models.FloatField()),
                ('last_value', models.FloatField(help_text='NULL: nothing could be said.', null=True)),
                ('bound', models.FloatField(help_text='What was passed when it started.')),
                ('baseline_value', models.FloatField(help_text='The value a week before, where that was asked.', null=True)),
                ('requests', models.BigIntegerField(help_text='In the window in which it started.')),
                ('requests_query', models.TextField(help_text='Query string of the list of the requests behind it.')),
                ('quiet_judgements', models.PositiveSmallIntegerField(default=0, help_text='In a row, up to now.')),
                ('snapshot', models.JSONField(help_text='The windows before it: {"edges": [Unix seconds, …], "values": [value or null, …]}; NULL: not yet drawn, {}: cannot be.', null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('thread_key', models.TextField(default='', help_text='Empty: nobody was told (yet).')),
                ('end_is_told', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'alert_incident',
            },
        ),
        migrations.RemoveConstraint(
            model_name='alert',
            name='alert_metric_known',
        ),
        migrations.RemoveConstraint(
            model_name='alert',
            name='alert_threshold_possible',
        ),
        migrations.AddField(
            model_name='alert',
            name='absence_trusted_from',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='alert',
            name='baseline',
            field=models.CharField(choices=[('fixed', 'A fixed value'), ('last_week', 'The same time last week')], default='fixed', max_length=9),
        ),
        migrations.AddField(
            model_name='alert',
            name='channels',
            field=models.ManyToManyField(db_table='alert_channel', related_name='alerts', to='alerts_app.channel'),
        ),
        migrations.AddField(
            model_name='alert',
            name='condition',
            field=models.CharField(choices=[('above', 'At or above'), ('below', 'Below')], default='above', max_length=5),
        ),
        migrations.AddField(
            model_name='alert',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='alert',
            name='hysteresis_percent',
            field=models.FloatField(default=10, help_text='By so much of the bound the value must come back before all is well.'),
        ),
        migrations.AddField(
            model_name='alert',
            name='is_active',
            field=models.BooleanField(default=True, help_text='Else it is paused.'),
        ),
        migrations.AddField(
            model_name='alert',
            name='last_bound',
            field=models.FloatField(help_text='What that was compared with.', null=True),
        ),
        migrations.AddField(
            model_name='alert',
            name='last_error',
            field=models.TextField(default='', help_text='Why it cannot be judged, for people; else empty.'),
        ),
        migrations.AddField(
            model_name='alert',
            name='last_group',
            field=models.TextField(default=''),
        ),
        migrations.AddField(
            model_name='alert',
            name='last_judged_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='alert',
            name='last_requests',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='alert',
            name='last_value',
            field=models.FloatField(help_text="In the metric's unit. NULL: nothing can be said.", null=True),
        ),
        migrations.AddField(
            model_name='alert',
            name='next_judged_at',
            field=models.DateTimeField(help_text='NULL: at once.', null=True),
        ),
        migrations.AddField(
            model_name='alert',
            name='presence_trusted_from',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='alert',
            name='query',
            field=models.TextField(default='', help_text='Which requests, in our filter language; empty: all.'),
        ),
        migrations.AddField(
            model_name='alert',
            name='quiet_judgements',
            field=models.PositiveSmallIntegerField(default=2, help_text='So often in a row it must have come back.'),
        ),
        migrations.AddField(
            model_name='alert',
            name='recent',
            field=models.JSONField(default=list, help_text='[[Unix seconds, value or null], …] of the last judgements, a minute apart.'),
        ),
        migrations.AddField(
            model_name='alert',
            name='silenced_until',
            field=models.DateTimeField(help_text='Until then nobody is told.', null=True),
        ),
        migrations.AlterField(
            model_name='alert',
            name='aggregation',
            field=models.CharField(choices=[('sum', 'Sum'), ('avg', 'Average'), ('min', 'Least'), ('max', 'Most'), ('percentile', 'Percentile')], default='sum', help_text='Of no use to `COUNTS`.', max_length=10),
        ),
        migrations.AlterField(
            model_name='alert',
            name='filter',
            field=models.JSONField(help_text="Helicone's filter tree, where `query` was made from one.", null=True),
        ),
        migrations.AlterField(
            model_name='alert',
            name='metric',
            field=models.CharField(choices=[('response.status', 'Error rate, percent'), ('cost', 'Cost, US dollars'), ('latency', 'Latency, ms'), ('total_tokens', 'Tokens'), ('prompt_tokens', 'Prompt tokens'), ('completion_tokens', 'Completion tokens'), ('prompt_cache_read_tokens', 'Tokens read from caches'), ('prompt_cache_write_tokens', 'Tokens written to caches'), ('count', 'Requests'), ('error_count', 'Errors'), ('rate_limit_hits', 'Answers of status 429'), ('time_to_first_token', 'Time to first token, ms')], max_length=32),
        ),
        migrations.AlterField(
            model_name='alert',
            name='slack_channels',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, help_text="Helicone's: channels of these names.", size=None),
        ),
        migrations.AlterField(
            model_name='alert',
            name='threshold',
            field=models.FloatField(help_text="In the metric's unit; of the baseline last_week percent."),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('is_active', True)), fields=['next_judged_at'], name='alert_due'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('metric__in', ['response.status', 'cost', 'latency', 'total_tokens', 'prompt_tokens', 'completion_tokens', 'prompt_cache_read_tokens', 'prompt_cache_write_tokens', 'count', 'error_count', 'rate_limit_hits', 'time_to_first_token'])), name='alert_metric_known'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('condition__in', ['above', 'below'])), name='alert_condition_known'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('baseline__in', ['fixed', 'last_week'])), name='alert_baseline_known'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('threshold__gt', 0), models.Q(models.Q(('metric', 'response.status'), _negated=True), models.Q(('baseline', 'fixed'), _negated=True), ('threshold__lte', 100), _connector='OR')), name='alert_threshold_possible'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('hysteresis_percent__range', (0, 90))), name='alert_hysteresis_percent'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('quiet_judgements__range', (1, 60))), name='alert_quiet_judgements'),
        ),
        migrations.AddField(
            model_name='incident',
            name='acknowledged_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incident',
            name='alert',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='incidents', to='alerts_app.alert'),
        ),
        migrations.AddField(
            model_name='incident',
            name='organization',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='incidents', to='accounts_app.organization'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(fields=['organization', '-started_at', '-id'], name='incident_list'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(fields=['organization', 'alert', '-started_at', '-id'], name='incident_of_alert'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(models.Q(('thread_key', ''), _negated=True), ('end_is_told', False)), fields=['organization', 'alert'], name='incident_end_untold'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('organization', 'alert', 'group'), name='incident_open_once'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end_reason', ''), ('ended_at', None)), models.Q(('end_reason__in', ['recovered', 'paused', 'changed']), ('ended_at__gte', models.F('started_at'))), _connector='OR'), name='incident_end_has_reason'),
        ),
        migrations.RunPython(write_queries, migrations.RunPython.noop),
    ]
