import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts_app', '0004_keeps_totals'),
        ('alerts_app', '0005_budgets'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportPlan',
            fields=[
                ('organization', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='report_plan', serialize=False, to='accounts_app.organization')),
                ('is_on', models.BooleanField(default=False)),
                ('every', models.CharField(choices=[('day', 'Day'), ('week', 'Week')], default='week', max_length=4)),
                ('weekday', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], default=0, help_text='On which weeks begin, and the report comes.')),
                ('hour', models.PositiveSmallIntegerField(default=10, help_text='On the clock of `zone`.')),
                ('zone', models.CharField(default='UTC', max_length=64)),
                ('emails', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, help_text='What was due before is not sent after the fact.')),
            ],
            options={
                'db_table': 'report_plan',
                'constraints': [models.CheckConstraint(condition=models.Q(('every__in', ['day', 'week'])), name='report_every_known'), models.CheckConstraint(condition=models.Q(('weekday__range', (0, 6))), name='report_weekday'), models.CheckConstraint(condition=models.Q(('hour__range', (0, 23))), name='report_hour')],
            },
        ),
        migrations.CreateModel(
            name='SentReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('every', models.CharField(choices=[('day', 'Day'), ('week', 'Week')], max_length=4)),
                ('first_date', models.DateField(help_text='The first day of the period.')),
                ('receivers', models.PositiveIntegerField()),
                ('sent_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='sent_reports', to='accounts_app.organization')),
            ],
            options={
                'db_table': 'report_sent',
                'constraints': [models.UniqueConstraint(fields=('organization', 'every', 'first_date'), name='report_sent_once')],
            },
        ),
    ]
