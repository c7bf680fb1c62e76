"""when a key leaked."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('key', sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True))
