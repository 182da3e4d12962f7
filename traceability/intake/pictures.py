"""Pictures are drawn anew: what a camera wrote beside them (place, serial number, thumbnails) does not come along."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from traceability.intake import Examined, Refused

PIXELS = 40_000_000
VIEW = 1280
THUMBNAIL = 240


def clean(path: Path, *, is_png: bool) -> Examined:
    """Write the picture without metadata, and two small ones, beside the file. Raises Refused."""
    Image.MAX_IMAGE_PIXELS = None  # Asked here, in words.
    try:
        with Image.open(path, formats=["PNG" if is_png else "JPEG"]) as picture:
            if picture.width * picture.height > PIXELS:
                raise Refused(
                    "picture_too_large",
                    f"It has {picture.width} × {picture.height} pixels; 40 million are the most.",
                )
            picture.load()
            drawn = _upright(picture)
    except (OSError, SyntaxError, ValueError) as error:
        raise Refused("file_broken", "It is no whole picture.") from error
    whole = path.with_suffix(".clean")
    if is_png:
        drawn.save(whole, "PNG")
    else:
        drawn.save(whole, "JPEG", quality=90)
    view, thumbnail = path.with_suffix(".view"), path.with_suffix(".thumb")
    small = _on_white(drawn)
    for made, side, quality in ((view, VIEW, 82), (thumbnail, THUMBNAIL, 75)):
        small.thumbnail((side, side))
        small.save(made, "JPEG", quality=quality)
    kind = ("image/png", "png") if is_png else ("image/jpeg", "jpg")
    return Examined(*kind, drawn.width, drawn.height, str(whole), str(view), str(thumbnail))


def _upright(picture: Image.Image) -> Image.Image:
    """As the camera was held, in the colours of the screen, and with nothing else."""
    turned = ImageOps.exif_transpose(picture)
    profile = picture.info.get("icc_profile")
    if profile and turned.mode in ("RGB", "L"):
        turned = _in_screen_colours(turned, profile)
    bare = Image.new(turned.mode, turned.size)
    if turned.mode == "P":
        bare.putpalette(turned.getpalette() or [])
        if "transparency" in turned.info:
            bare.info["transparency"] = turned.info["transparency"]
    bare.paste(turned)
    return bare


def _in_screen_colours(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source, screen = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, source, screen, outputMode="RGB") or picture
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # A profile that cannot be read says nothing.


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        over = picture.convert("RGBA")
        ground = Image.new("RGB", over.size, "white")
        ground.paste(over, mask=over.getchannel("A"))
        return ground
    return picture.convert("RGB")
