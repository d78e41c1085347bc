import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import foundation.fields
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('gateway', '0001_agents_models_and_grants'), ('gateway', '0002_limits'), ('gateway', '0003_cronjobs')]

    initial = True

    dependencies = [
        ('accounts', '0001_schema'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('providers', '0001_schema'),
    ]

    operations = [
        migrations.CreateModel(
            name='Cronjob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='crn')),
                ('name', models.CharField(max_length=100)),
                ('schedule', models.CharField(help_text='Five fields, as cron has them.', max_length=100)),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('system_prompt', models.TextField(blank=True, max_length=100000)),
                ('prompt', models.TextField(max_length=100000)),
                ('pin_name', models.CharField(blank=True, editable=False, max_length=320)),
                ('pin_policy', models.CharField(choices=[('default', 'Run with the task default'), ('fail', 'Fail each run'), ('hold', 'Hold: run nothing until there is a model')], default='default', max_length=7)),
                ('overlap', models.CharField(choices=[('skip', 'Skip it'), ('queue', 'Run it afterwards, one at the most')], default='skip', max_length=5)),
                ('is_paused', models.BooleanField(default=False, verbose_name='paused')),
                ('next_run_at', models.DateTimeField(editable=False, null=True, verbose_name='next run')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pinned_model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cronjobs', to='providers.providermodel')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cronjobs', to='accounts.project')),
            ],
            options={
                'ordering': (django.db.models.functions.text.Lower('name'), 'pk'),
                'indexes': [models.Index(fields=['is_paused', 'next_run_at'], name='cronjob_due')],
                'constraints': [models.UniqueConstraint(models.F('project'), django.db.models.functions.text.Lower('name'), name='cronjob_name_unique_in_project', violation_error_message='This project already has a cronjob of that name.')],
            },
        ),
        migrations.CreateModel(
            name='CronjobRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='run')),
                ('trigger', models.CharField(choices=[('schedule', 'schedule'), ('catch_up', 'made up for'), ('person', 'by hand')], default='schedule', max_length=8)),
                ('state', models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('succeeded', 'succeeded'), ('failed', 'failed'), ('skipped', 'skipped')], default='queued', max_length=9)),
                ('scheduled_for', models.DateTimeField()),
                ('queued_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('output', models.TextField(blank=True)),
                ('is_cut', models.BooleanField(default=False)),
                ('message', models.CharField(blank=True, help_text='Why there is no answer.', max_length=1000)),
                ('request_id', models.CharField(blank=True, max_length=20)),
                ('provider_name', models.CharField(blank=True, max_length=100)),
                ('model', models.CharField(blank=True, max_length=200)),
                ('attempts', models.PositiveSmallIntegerField(null=True)),
                ('input_tokens', models.BigIntegerField(null=True)),
                ('output_tokens', models.BigIntegerField(null=True)),
                ('cost', models.DecimalField(decimal_places=12, max_digits=24, null=True, verbose_name='cost in USD')),
                ('latency_ms', models.PositiveIntegerField(null=True)),
                ('cronjob', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='gateway.cronjob')),
            ],
            options={
                'verbose_name': 'run of a cronjob',
                'verbose_name_plural': 'runs of cronjobs',
                'ordering': ('-scheduled_for', '-pk'),
                'indexes': [models.Index(fields=['cronjob', '-scheduled_for'], name='run_of_cronjob'), models.Index(fields=['state', 'queued_at'], name='run_waiting')],
                'constraints': [models.UniqueConstraint(fields=('cronjob', 'scheduled_for'), name='run_once_at_a_time'), models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('cronjob',), name='one_run_under_way')],
            },
        ),
        migrations.CreateModel(
            name='Model',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='mdl')),
                ('slug', models.CharField(help_text='What clients write as the model.', max_length=64, validators=[django.core.validators.RegexValidator('^[a-z0-9-]+\\Z', 'Use a to z, 0 to 9 and hyphens alone.')])),
                ('name', models.CharField(blank=True, max_length=100, verbose_name='display name')),
                ('kind', models.CharField(choices=[('chat', 'chat'), ('embedding', 'embedding')], default='chat', max_length=9)),
                ('status', models.CharField(choices=[('draft', 'draft'), ('active', 'active'), ('disabled', 'disabled')], default='draft', editable=False, max_length=8)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='accounts.project')),
            ],
            options={
                'verbose_name': 'model',
                'ordering': ('slug', 'pk'),
                'constraints': [models.UniqueConstraint(fields=('project', 'slug'), name='model_slug_unique_in_project', violation_error_message='This project already has a model of that name.'), models.UniqueConstraint(condition=models.Q(('project', None)), fields=('slug',), name='model_slug_unique_when_shared', violation_error_message='There is already a shared model of that name.'), models.CheckConstraint(condition=models.Q(('slug', ''), _negated=True), name='model_has_a_slug'), models.CheckConstraint(condition=models.Q(('slug__in', ['default', 'task']), _negated=True), name='model_slug_is_not_reserved')],
            },
        ),
        migrations.CreateModel(
            name='Agent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='agt')),
                ('name', models.CharField(max_length=100)),
                ('agent_type', models.CharField(choices=[('claude-code', 'Claude Code'), ('codex-cli', 'Codex CLI'), ('gemini-cli', 'Gemini CLI'), ('openclaw', 'OpenClaw'), ('opencode', 'OpenCode'), ('cline', 'Cline'), ('custom', 'Custom')], max_length=20, verbose_name='type')),
                ('routing', models.CharField(choices=[('inherit', "The project's active model"), ('pinned', "One provider's model"), ('facade', 'A model with backends'), ('client', 'Whatever the client names')], default='inherit', max_length=8)),
                ('pinned_url', models.CharField(blank=True, help_text="Empty: the installation's own.", max_length=200, verbose_name='gateway address')),
                ('last_seen_at', models.DateTimeField(editable=False, null=True, verbose_name='last seen')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('pinned_model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='agents', to='providers.providermodel')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='agents', to='accounts.project')),
                ('facade', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='agents', to='gateway.model', verbose_name='model')),
            ],
            options={
                'ordering': (django.db.models.functions.text.Lower('name'), 'pk'),
                'constraints': [models.UniqueConstraint(models.F('project'), django.db.models.functions.text.Lower('name'), name='agent_name_unique_in_project', violation_error_message='This project already has an agent of that name.'), models.CheckConstraint(condition=models.Q(models.Q(('facade', None), ('pinned_model__isnull', False), ('routing', 'pinned')), models.Q(('facade__isnull', False), ('pinned_model', None), ('routing', 'facade')), models.Q(('facade', None), ('pinned_model', None), ('routing__in', ('inherit', 'client'))), _connector='OR'), name='agent_routing_has_its_target', violation_error_message='Choose what the routing asks for, and nothing else.')],
            },
        ),
        migrations.CreateModel(
            name='Limit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='lim')),
                ('name', models.CharField(max_length=100)),
                ('measure', models.CharField(choices=[('requests_per_minute', 'Requests per minute'), ('tokens_per_minute', 'Tokens per minute'), ('concurrent', 'Calls at once'), ('usd_per_day', 'USD per day'), ('usd_per_week', 'USD per week'), ('usd_per_month', 'USD per month')], max_length=20, verbose_name='limits')),
                ('amount', models.DecimalField(decimal_places=4, max_digits=16, validators=[django.core.validators.MinValueValidator(Decimal('0.0001'))])),
                ('is_enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('is_shadow', models.BooleanField(default=False, verbose_name='shadow mode')),
                ('allows_unpriced', models.BooleanField(default=False, verbose_name='lets models without a price through')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='gateway.agent')),
                ('key', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='accounts.apikey', verbose_name='API key')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='accounts.project')),
            ],
            options={
                'ordering': (django.db.models.functions.text.Lower('name'), 'pk'),
                'constraints': [models.UniqueConstraint(models.F('project'), django.db.models.functions.text.Lower('name'), name='limit_name_unique_in_project', violation_error_message='This project already has a limit of that name.'), models.CheckConstraint(condition=models.Q(('agent', None), ('key', None), _connector='OR'), name='limit_has_one_subject', violation_error_message='Choose one: the project, an agent or an API key.'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='limit_amount_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='AccessGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='acg')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_grants', to='auth.group')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_grants', to='accounts.project')),
                ('provider', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_grants', to='providers.provider')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_grants', to=settings.AUTH_USER_MODEL)),
                ('model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='gateway.model')),
            ],
            options={
                'verbose_name': 'access grant',
                'ordering': ('pk',),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('group', None), ('project', None), ('user__isnull', False)), models.Q(('group__isnull', False), ('project', None), ('user', None)), models.Q(('group', None), ('project__isnull', False), ('user', None)), _connector='OR'), name='grant_has_one_holder', violation_error_message='Choose one: a person, a group or a project.'), models.CheckConstraint(condition=models.Q(models.Q(('model__isnull', False), ('provider', None)), models.Q(('model', None), ('provider__isnull', False)), _connector='OR'), name='grant_has_one_target', violation_error_message='Choose one: a model or a shared provider.'), models.UniqueConstraint(fields=('user', 'model'), name='grant_once_of_model_to_user', violation_error_message='That was granted already.'), models.UniqueConstraint(fields=('user', 'provider'), name='grant_once_of_provider_to_user', violation_error_message='That was granted already.'), models.UniqueConstraint(fields=('group', 'model'), name='grant_once_of_model_to_group', violation_error_message='That was granted already.'), models.UniqueConstraint(fields=('group', 'provider'), name='grant_once_of_provider_to_group', violation_error_message='That was granted already.'), models.UniqueConstraint(fields=('project', 'model'), name='grant_once_of_model_to_project', violation_error_message='That was granted already.'), models.UniqueConstraint(fields=('project', 'provider'), name='grant_once_of_provider_to_project', violation_error_message='That was granted already.')],
            },
        ),
        migrations.CreateModel(
            name='ModelBackend',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('priority', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('weight', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='backends', to='gateway.model')),
                ('provider_model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='facade_backends', to='providers.providermodel')),
            ],
            options={
                'verbose_name': 'backend',
                'ordering': ('priority', 'position', 'pk'),
                'constraints': [models.UniqueConstraint(fields=('model', 'provider_model'), name='backend_unique_in_model'), models.CheckConstraint(condition=models.Q(('weight__gte', 1)), name='backend_has_weight')],
            },
        ),
        migrations.CreateModel(
            name='AgentToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=12)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('ends_at', models.DateTimeField(null=True, verbose_name='works until')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='gateway.agent')),
            ],
            options={
                'verbose_name': 'token of an agent',
                'verbose_name_plural': 'tokens of agents',
                'ordering': ('-pk',),
                'constraints': [models.UniqueConstraint(condition=models.Q(('ends_at', None)), fields=('agent',), name='agent_has_one_current_token')],
            },
        ),
    ]
