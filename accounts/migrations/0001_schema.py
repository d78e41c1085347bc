import accounts.models.audit
import accounts.models.user
import django.db.models.deletion
import django.db.models.functions.text
import foundation.crypto.fields
import foundation.crypto.registry
import foundation.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('accounts', '0001_initial'), ('accounts', '0002_invitations'), ('accounts', '0003_audit_verification'), ('accounts', '0004_kept_answers'), ('accounts', '0005_sign_in_secrets'), ('accounts', '0006_epoch_readers'), ('accounts', '0007_notices')]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='EpochReader',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('epoch', models.BigIntegerField()),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('public_id', foundation.fields.PublicIdField(prefix='usr')),
                ('email', accounts.models.user.LowercaseEmailField(error_messages={'unique': 'Somebody already has this email address.'}, max_length=254, unique=True)),
                ('name', models.CharField(blank=True, max_length=150)),
                ('status', models.CharField(choices=[('active', 'active'), ('invited', 'invited'), ('suspended', 'suspended')], default='active', max_length=9)),
                ('is_staff', models.BooleanField(default=False, help_text='Sees every project.', verbose_name='staff')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('session_salt', models.CharField(blank=True, editable=False, max_length=32)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'ordering': ('email',),
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_is_lowercase'), models.CheckConstraint(condition=models.Q(('is_staff', models.F('is_superuser'))), name='user_staff_is_superuser'), models.CheckConstraint(condition=models.Q(('status__in', ['active', 'invited', 'suspended'])), name='user_status_is_known')],
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='aud')),
                ('sequence', models.PositiveBigIntegerField(editable=False, unique=True)),
                ('at', models.DateTimeField(editable=False)),
                ('actor_id', models.CharField(blank=True, editable=False, max_length=24)),
                ('actor_name', models.CharField(editable=False, max_length=254, verbose_name='who')),
                ('key_id', models.CharField(blank=True, editable=False, max_length=24, verbose_name='API key')),
                ('action', models.CharField(editable=False, max_length=100)),
                ('outcome', models.CharField(choices=[('allowed', 'allowed'), ('denied', 'denied')], editable=False, max_length=7)),
                ('project_id', models.CharField(blank=True, editable=False, max_length=24)),
                ('project_name', models.CharField(blank=True, editable=False, max_length=100, verbose_name='project')),
                ('target_type', models.CharField(blank=True, editable=False, max_length=60)),
                ('target_id', models.CharField(blank=True, editable=False, max_length=24)),
                ('target_name', models.CharField(blank=True, editable=False, max_length=300, verbose_name='target')),
                ('before', accounts.models.audit.CanonicalJSONField(editable=False, null=True)),
                ('after', accounts.models.audit.CanonicalJSONField(editable=False, null=True)),
                ('request_id', models.CharField(blank=True, editable=False, max_length=64, verbose_name='request')),
                ('previous_hash', models.CharField(editable=False, max_length=64)),
                ('hash', models.CharField(editable=False, max_length=64)),
            ],
            options={
                'ordering': ('-sequence',),
                'indexes': [models.Index(fields=['project_id', '-sequence'], name='audit_of_project'), models.Index(fields=['target_id', '-sequence'], name='audit_of_target')],
                'constraints': [models.CheckConstraint(condition=models.Q(('outcome__in', ['allowed', 'denied'])), name='audit_outcome_is_known')],
            },
        ),
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.PositiveBigIntegerField(default=0)),
                ('hash', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
                ('verified_at', models.DateTimeField(null=True)),
                ('verified_sequence', models.PositiveBigIntegerField(default=0)),
                ('broken', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='audit_has_one_head')],
            },
        ),
        migrations.CreateModel(
            name='Epoch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='epoch_has_one_row')],
            },
        ),
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asker', models.CharField(help_text='Public id of the person or the key.', max_length=24)),
                ('name', models.CharField(max_length=255)),
                ('fingerprint', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('body', models.JSONField(null=True)),
                ('begun_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('asker', 'name'), name='answer_kept_once')],
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='prj')),
                ('name', models.CharField(max_length=100)),
                ('slug', models.SlugField(editable=False, max_length=60)),
                ('is_archived', models.BooleanField(default=False, editable=False, verbose_name='archived')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': (django.db.models.functions.text.Lower('name'), 'pk'),
                'permissions': (('use_project', 'Can use project'),),
                'constraints': [models.UniqueConstraint(fields=('slug',), name='project_slug_is_unique'), models.CheckConstraint(condition=models.Q(('slug', ''), _negated=True), name='project_has_a_slug')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='ntc')),
                ('topic', models.CharField(choices=[('health', 'Health and fallback'), ('limits', 'Limits and budgets'), ('logins', 'Logins that were refused'), ('expiry', 'What is about to expire'), ('deliveries', 'Notices that could not be delivered')], max_length=12)),
                ('message', models.CharField(max_length=1500)),
                ('about', models.CharField(blank=True, help_text='A public id, or the path of a page.', max_length=200)),
                ('key', models.CharField(help_text='Names the transition, so that it is told once.', max_length=200)),
                ('at', models.DateTimeField()),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='accounts.project')),
            ],
            options={
                'ordering': ('-at', '-pk'),
                'indexes': [models.Index(fields=['project', '-at'], name='notice_of_project'), models.Index(fields=['at'], name='notice_by_age')],
                'constraints': [models.UniqueConstraint(fields=('project', 'key'), name='notice_told_once'), models.UniqueConstraint(condition=models.Q(('project', None)), fields=('key',), name='instance_notice_told_once')],
            },
        ),
        migrations.CreateModel(
            name='EmailDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='dlv')),
                ('state', models.CharField(choices=[('pending', 'pending'), ('sent', 'sent'), ('failed', 'given up')], default='pending', editable=False, max_length=7)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('message', models.CharField(blank=True, editable=False, max_length=500)),
                ('created_at', models.DateTimeField(editable=False)),
                ('due_at', models.DateTimeField(editable=False)),
                ('lease_until', models.DateTimeField(editable=False, null=True)),
                ('finished_at', models.DateTimeField(editable=False, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mails', to='accounts.notice')),
            ],
            options={
                'verbose_name': 'email delivery',
                'verbose_name_plural': 'email deliveries',
                'ordering': ('-created_at', '-pk'),
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['due_at'], name='mail_due')],
                'constraints': [models.UniqueConstraint(fields=('notice', 'user'), name='notice_mailed_once')],
            },
        ),
        migrations.CreateModel(
            name='NoticeChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('in_app', models.JSONField(default=list)),
                ('by_email', models.JSONField(default=list)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='accounts.project')),
            ],
            options={
                'verbose_name': 'choice of notices',
                'constraints': [models.UniqueConstraint(fields=('project', 'user'), name='notices_chosen_once'), models.UniqueConstraint(condition=models.Q(('project', None)), fields=('user',), name='instance_notices_chosen_once')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Admin'), ('editor', 'Editor'), ('viewer', 'Viewer')], default='viewer', max_length=6)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='accounts.project')),
            ],
            options={
                'ordering': ('created_at', 'pk'),
                'constraints': [models.UniqueConstraint(fields=('project', 'user'), name='member_once_in_project', violation_error_message='This person is a member already.'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'admin', 'editor', 'viewer'])), name='membership_role_is_known')],
            },
        ),
        migrations.CreateModel(
            name='KeyEncryptionKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('wrapped', foundation.crypto.fields.RootWrappedField(editable=False, null=True)),
                ('root_fingerprint', models.CharField(editable=False, max_length=16)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('destroyed_at', models.DateTimeField(editable=False, null=True)),
                ('project', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='encryption_keys', to='accounts.project')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'version'), name='kek_version_once_in_project'), models.UniqueConstraint(condition=models.Q(('project', None)), fields=('version',), name='kek_version_once_in_instance'), models.CheckConstraint(condition=models.Q(models.Q(('destroyed_at__isnull', False), ('wrapped__isnull', True)), models.Q(('destroyed_at__isnull', True), ('wrapped__isnull', False)), _connector='OR'), name='kek_is_kept_or_destroyed')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='inv')),
                ('email', accounts.models.user.LowercaseEmailField(max_length=254)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Admin'), ('editor', 'Editor'), ('viewer', 'Viewer')], default='viewer', max_length=6)),
                ('token_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('expires_at', models.DateTimeField(editable=False, verbose_name='expires')),
                ('accepted_at', models.DateTimeField(editable=False, null=True, verbose_name='accepted')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='invited')),
                ('invited_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='accounts.project')),
            ],
            options={
                'ordering': ('-created_at', '-pk'),
                'permissions': (('use_invitation', 'Can use invitation'),),
                'constraints': [models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('revoked_at', None)), fields=('project', 'email'), name='invitation_once_unanswered', violation_error_message='This address is invited already: resend that invitation.'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'admin', 'editor', 'viewer'])), name='invitation_role_is_known'), models.CheckConstraint(condition=models.Q(('accepted_at', None), ('revoked_at', None), _connector='OR'), name='invitation_answered_once')],
            },
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('prefix', models.CharField(editable=False, max_length=20)),
                ('made_at', models.DateTimeField(editable=False)),
                ('last_used_at', models.DateTimeField(editable=False, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='accounts.project')),
            ],
            options={
                'verbose_name': 'calendar feed',
                'constraints': [models.UniqueConstraint(fields=('project', 'user'), name='calendar_feed_once')],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='key')),
                ('name', models.CharField(max_length=100)),
                ('prefix', models.CharField(editable=False, max_length=12)),
                ('token_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('policy', models.JSONField(blank=True, help_text='Empty: all that its creator may do.', null=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires')),
                ('last_used_at', models.DateTimeField(editable=False, null=True, verbose_name='last used')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to='accounts.project')),
            ],
            options={
                'verbose_name': 'API key',
                'ordering': ('-created_at', '-pk'),
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_at', models.DateTimeField(null=True)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='receipts', to='accounts.notice')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('read_at', None)), fields=['user'], name='unread_of_person')],
                'constraints': [models.UniqueConstraint(fields=('notice', 'user'), name='person_told_once_of_notice')],
            },
        ),
        migrations.CreateModel(
            name='SignInSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', foundation.fields.PublicIdField(prefix='sis')),
                ('ciphertext', foundation.crypto.registry.SealedBytesField()),
                ('wrapped_key', foundation.crypto.registry.SealedBytesField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('key', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='accounts.keyencryptionkey')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Throttle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(max_length=30)),
                ('who', models.CharField(max_length=64)),
                ('window', models.DateTimeField()),
                ('tries', models.PositiveIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('scope', 'who', 'window'), name='throttle_counts_once_in_window')],
            },
        ),
    ]
