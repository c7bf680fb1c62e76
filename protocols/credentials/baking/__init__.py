"""Badges inside their pictures: put in, and taken out again.

Spec: https://www.imsglobal.org/spec/ob/v3p0#baking
"""

from protocols.credentials.baking.baked import Baked, bake, is_picture, unbake

__all__ = ["Baked", "bake", "is_picture", "unbake"]
