"""the log of a did:webvh of this node's own."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('history_entry',
    sa.Column('organisation', sa.String(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.String(), nullable=False),
    sa.Column('line', sa.String(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_kid', sa.String(), nullable=False),
    sa.Column('next_public_jwk', sa.JSON(), nullable=False),
    sa.Column('next_sealed', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('organisation', 'number', name=op.f('pk_history_entry'))
    )
