import uuid
from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from helicone_site.sql import run_file

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts_app', '0004_keeps_totals'),
    ]

    operations = [
        migrations.CreateModel(
            name='Prompt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='Its id on the wire, six letters and digits.', max_length=6)),
                ('name', models.TextField()),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='prompts', to='accounts_app.organization')),
            ],
            options={
                'db_table': 'prompt',
            },
        ),
        migrations.CreateModel(
            name='PromptVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('major', models.PositiveIntegerField()),
                ('minor', models.PositiveIntegerField()),
                ('commit_message', models.TextField()),
                ('body', models.TextField(help_text='The JSON of a chat completion with tags. As text: the order of its keys counts.')),
                ('model', models.TextField(help_text='Copied from the body; empty where that names none.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts_app.apikey')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts_app.organization')),
                ('prompt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='prompts_app.prompt')),
            ],
            options={
                'db_table': 'prompt_version',
            },
        ),
        migrations.CreateModel(
            name='PromptEnvironment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.TextField()),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts_app.organization')),
                ('prompt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='environments', to='prompts_app.prompt')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='environments', to='prompts_app.promptversion')),
            ],
            options={
                'db_table': 'prompt_environment',
            },
        ),
        migrations.AddIndex(
            model_name='prompt',
            index=models.Index(fields=['organization', '-created_at', '-id'], name='prompt_list'),
        ),
        migrations.AddConstraint(
            model_name='prompt',
            constraint=models.UniqueConstraint(fields=('organization', 'code'), name='prompt_code_once'),
        ),
        migrations.AddConstraint(
            model_name='prompt',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9A-Za-z]{6}$')), name='prompt_code_form'),
        ),
        migrations.AddConstraint(
            model_name='promptversion',
            constraint=models.UniqueConstraint(fields=('organization', 'prompt', 'major', 'minor'), name='prompt_version_number_once'),
        ),
        migrations.AddConstraint(
            model_name='promptversion',
            constraint=models.UniqueConstraint(fields=('organization', 'prompt', 'id'), name='prompt_version_of_prompt'),
        ),
        migrations.AddConstraint(
            model_name='promptenvironment',
            constraint=models.UniqueConstraint(fields=('organization', 'prompt', 'name'), name='prompt_environment_once'),
        ),
        migrations.AddConstraint(
            model_name='promptenvironment',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='prompt_environment_named'),
        ),
        run_file(SQL, "0001_same_prompt"),
    ]
