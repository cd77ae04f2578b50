import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts_app', '0004_keeps_totals'),
        ('alerts_app', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('email', 'E-mail'), ('slack', 'Slack'), ('discord', 'Discord'), ('pagerduty', 'PagerDuty'), ('webhook', 'Webhook'), ('apprise', 'Another service')], max_length=10)),
                ('config_ciphertext', models.BinaryField(help_text='The JSON of `config.Config`: addresses of services are secrets.')),
                ('hint', models.CharField(help_text='What it leads to, as far as everybody may see it.', max_length=200)),
                ('is_active', models.BooleanField(default=True, help_text='Else it is told of nothing.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='channels', to='accounts_app.organization')),
            ],
            options={
                'db_table': 'channel',
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('key', models.CharField(help_text='Each receiver gets one notice of a key.', max_length=200)),
                ('receiver', models.CharField(max_length=400)),
                ('receiver_name', models.CharField(help_text='For people.', max_length=400)),
                ('email', models.CharField(default='', help_text='Where no channel was chosen.', max_length=320)),
                ('kind', models.CharField(choices=[('firing', 'Firing'), ('resolved', 'Resolved'), ('info', 'Notice'), ('test', 'Test')], max_length=8)),
                ('thread_key', models.CharField(default='', help_text='The same for the beginning and the end of something.', max_length=200)),
                ('title', models.TextField()),
                ('text', models.TextField()),
                ('facts', models.JSONField(default=list, help_text='[[label, value], …]')),
                ('path', models.TextField(help_text="Of the page behind it, below the site's address; empty: none.")),
                ('html', models.TextField(default='', help_text="The mail's, where it is not made from the rest.")),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('sent', 'Sent'), ('given_up', 'Given up')], default='pending', max_length=8)),
                ('attempts', models.SmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='While it is being sent: when another worker may take it over.')),
                ('sent_at', models.DateTimeField(null=True)),
                ('error', models.TextField(default='', help_text='What came of the last attempt, if it failed.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('channel', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notices', to='alerts_app.channel')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='accounts_app.organization')),
            ],
            options={
                'db_table': 'notice',
            },
        ),
        migrations.AddConstraint(
            model_name='channel',
            constraint=models.UniqueConstraint(fields=('organization', 'name'), name='channel_name_once'),
        ),
        migrations.AddConstraint(
            model_name='channel',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['email', 'slack', 'discord', 'pagerduty', 'webhook', 'apprise'])), name='channel_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='channel',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='channel_name_given'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['next_attempt_at'], name='notice_due'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['organization', '-created_at'], name='notice_recent'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('thread_key', ''), _negated=True), fields=['organization', 'thread_key', 'created_at'], name='notice_thread'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('organization', 'key', 'receiver'), name='notice_once'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['firing', 'resolved', 'info', 'test'])), name='notice_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'sent', 'given_up'])), name='notice_state_known'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at', None)), _connector='OR'), name='notice_sent_at'),
        ),
    ]
