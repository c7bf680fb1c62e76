"""Badges in pictures: a credential is put into a PNG or SVG, and taken out of one, as Open Badges 3.0 has it.

The picture itself is neither decoded nor drawn: its bytes are kept as they are, but for the credential. What is taken
out is as unverified as any other document.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#baked-badge
"""

from protocols.credentials.baking.png import SIGNATURE, bake_png, unbake_png
from protocols.credentials.baking.svg import bake_svg, unbake_svg
from protocols.credentials.baking.text import Baked, as_baked, to_text
from protocols.errors import MalformedCredential, TooLarge

MAX_IMAGE_BYTES = 4 * 1024 * 1024

__all__ = ["MAX_IMAGE_BYTES", "Baked", "as_baked", "bake", "is_image", "to_text", "unbake"]


def is_image(data: bytes) -> bool:
    """Whether this is a PNG, or text that can only be an SVG: a JSON document begins otherwise."""
    return data.startswith(SIGNATURE) or data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def bake(image: bytes, credential: Baked) -> bytes:
    """The picture with `credential` in it, in place of any that was in it before.

    Args:
        image: a PNG or SVG, at most 4 MiB.
        credential: an object with an embedded proof, or a compact JWS.

    Raises:
        MalformedCredential: neither PNG nor SVG, or one that is broken or is not read here.
        TooLarge: the picture or the credential.
    """
    _check(image)
    return bake_png(image, credential) if image.startswith(SIGNATURE) else bake_svg(image, credential)


def unbake(image: bytes) -> Baked:
    """The credential in a picture; raises as `bake`, and MalformedCredential where there is none or more than one."""
    _check(image)
    return unbake_png(image) if image.startswith(SIGNATURE) else unbake_svg(image)


def _check(image: bytes) -> None:
    if len(image) > MAX_IMAGE_BYTES:
        raise TooLarge("an image too large", found=f"{len(image)} bytes", expected=f"at most {MAX_IMAGE_BYTES}")
    if not is_image(image):
        raise MalformedCredential("not a picture that can hold a badge", expected="a PNG or an SVG")
