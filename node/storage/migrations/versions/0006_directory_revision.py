"""directory revision, and invitations that approve."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('peer', sa.Column('revision', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('join_invitation', sa.Column('invitee', sa.String(), nullable=True))
    op.add_column('join_invitation', sa.Column('approved_by', sa.String(), nullable=True))
    op.create_index(op.f('ix_peer_revision'), 'peer', ['revision'], unique=False)
