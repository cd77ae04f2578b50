import django.db.models.deletion
import django.utils.timezone
import uuid
from pathlib import Path
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
            name='Dataset',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('meta', models.JSONField(help_text="The caller's own.", null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='datasets', to='accounts_app.organization')),
            ],
            options={
                'db_table': 'dataset',
            },
        ),
        migrations.CreateModel(
            name='DatasetRow',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('request_created_at', models.DateTimeField()),
                ('request_row_id', models.UUIDField(help_text='With the time the key of the request.')),
                ('request_id', models.TextField(help_text='Copied from the request: what its client calls it.')),
                ('edited_ciphertext', models.BinaryField(help_text='{"request": …, "response": …} in place of the bodies; NULL: those as logged.', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dataset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='datasets_app.dataset')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts_app.organization')),
            ],
            options={
                'db_table': 'dataset_row',
            },
        ),
        migrations.AddIndex(
            model_name='dataset',
            index=models.Index(fields=['organization', '-created_at'], name='dataset_list'),
        ),
        migrations.AddIndex(
            model_name='datasetrow',
            index=models.Index(fields=['dataset', '-created_at', '-request_created_at', '-id'], name='dataset_row_list'),
        ),
        migrations.AddIndex(
            model_name='datasetrow',
            index=models.Index(fields=['organization', 'request_created_at', 'request_row_id'], name='dataset_row_request'),
        ),
        migrations.AddConstraint(
            model_name='datasetrow',
            constraint=models.UniqueConstraint(fields=('organization', 'dataset', 'request_created_at', 'request_row_id'), name='dataset_row_once'),
        ),
        run_file(SQL, "0001_same_organization"),
    ]
