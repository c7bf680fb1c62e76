"""The two kinds of picture behind one pair of functions."""

from protocols.credentials.baking import png, svg
from protocols.credentials.baking.contents import MAX_PICTURE_BYTES, Baked
from protocols.errors import MalformedCredential, TooLarge

__all__ = ["Baked", "bake", "is_picture", "unbake"]


def is_picture(data: bytes) -> bool:
    """Whether `data` begins as a PNG or an SVG picture does."""
    return png.is_png(data) or svg.is_svg(data)


def bake(picture: bytes, credential: Baked) -> bytes:
    """`picture` with `credential` in it, in place of one that it held.

    Raises:
        TooLarge: over 8 MiB, or a credential over 256 KiB.
        MalformedCredential: neither PNG nor SVG, or broken.
    """
    return _kind(picture).bake(picture, credential)


def unbake(picture: bytes) -> Baked:
    """The credential in `picture`; only that it is there says nothing of its signature.

    Raises:
        TooLarge: as `bake` does.
        MalformedCredential: neither PNG nor SVG, broken, or without a badge in it.
    """
    return _kind(picture).unbake(picture)


def _kind(picture: bytes) -> type[png.Png] | type[svg.Svg]:
    if len(picture) > MAX_PICTURE_BYTES:
        raise TooLarge("a picture too large", found=f"{len(picture)} bytes", expected=f"at most {MAX_PICTURE_BYTES}")
    if png.is_png(picture):
        return png.Png
    if svg.is_svg(picture):
        return svg.Svg
    raise MalformedCredential("not a picture that holds badges", found=repr(picture[:8])[:40], expected="PNG or SVG")
