"""issuance logs, and the keys that peers had."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('issuance_leaf',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('credential_id', sa.String(), nullable=True),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('salt', sa.String(), nullable=False),
    sa.Column('leaf', sa.String(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_issuance_leaf')),
    sa.UniqueConstraint('position', name=op.f('uq_issuance_leaf_position'))
    )
    op.create_index(op.f('ix_issuance_leaf_credential_id'), 'issuance_leaf', ['credential_id'], unique=False)
    untold = sa.text('told_at IS NULL AND credential_id IS NOT NULL')
    op.create_index('ix_issuance_leaf_untold', 'issuance_leaf', ['position'], unique=False, sqlite_where=untold, postgresql_where=untold)
    op.create_table('log_cosignature',
    sa.Column('log', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('witness', sa.String(), nullable=False),
    sa.Column('root', sa.String(), nullable=False),
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('log', 'size', 'witness', name=op.f('pk_log_cosignature'))
    )
    op.create_table('log_fork',
    sa.Column('log', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('tokens', sa.JSON(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('log', name=op.f('pk_log_fork'))
    )
    op.create_table('log_head',
    sa.Column('log', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('root', sa.String(), nullable=False),
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('path', sa.JSON(), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('log', 'size', name=op.f('pk_log_head'))
    )
    with op.batch_alter_table('peer') as batch:
        batch.add_column(sa.Column('past_keys', sa.JSON(), nullable=True))
    op.create_table('succession',
    sa.Column('institution', sa.String(), nullable=False),
    sa.Column('custodian', sa.String(), nullable=False),
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('date', sa.JSON(), nullable=True),
    sa.Column('confirmations', sa.JSON(), nullable=False),
    sa.Column('named_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('institution', name=op.f('pk_succession'))
    )
    op.create_table('custody_list',
    sa.Column('url', sa.String(), nullable=False),
    sa.Column('institution', sa.String(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('bits', sa.LargeBinary(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('url', name=op.f('pk_custody_list'))
    )
    op.create_index(op.f('ix_custody_list_institution'), 'custody_list', ['institution'], unique=False)
    op.create_table('custody_record',
    sa.Column('institution', sa.String(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('places', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('institution', 'id', name=op.f('pk_custody_record'))
    )
