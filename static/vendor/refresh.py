"""Fetches the vendored packages anew: `python static/vendor/refresh.py` (needs npm).

Each package is packed from the npm registry at the version named here, and only
the files the pages use are kept. To add an icon, add its name and run it again.
"""

import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

CORE = "1.6.1"
ICONS = "3.51.0"
HTMX = "2.0.11"

#: Names at https://tabler.io/icons, outline style.
ICONS_IN_USE = """
    activity adjustments affiliate alert-circle alert-triangle arrow-back-up arrow-left
    arrow-right arrows-sort ban bell bell-off building-bank calendar certificate certificate-2
    check chevron-down chevron-left chevron-right circle-check circle-dashed circle-dot
    circle-minus circle-x clock copy database device-desktop device-mobile dots download edit
    external-link eye eye-off file-certificate file-text files filter fingerprint folder
    git-compare help-circle history home hourglass info-circle key keyboard
    layout-dashboard link list lock lock-open login logout mail message-circle moon password
    player-pause player-play plus refresh replace rotate rubber-stamp search send server server-2
    settings shield shield-check shield-half shield-lock shield-x signature sitemap
    sort-ascending sort-descending sun table-export tag terminal-2 timeline tool trash upload
    urgent user user-off user-plus users webhook world x
"""

#: The npm package of Tabler's core carries no licence file; this is its repository's.
CORE_LICENSE = """\
The MIT License (MIT)

Copyright (c) 2018-2026 The Tabler Authors
Copyright (c) 2018-2026 codecalm.net Paweł Kuna

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        vendor_core(unpacked("@tabler/core", CORE, scratch))
        vendor_icons(unpacked("@tabler/icons", ICONS, scratch))
        vendor_htmx(unpacked("htmx.org", HTMX, scratch))


def unpacked(package: str, version: str, scratch: Path) -> Path:
    packed = subprocess.run(  # noqa: S603
        ["npm", "pack", f"{package}@{version}", "--silent"],  # noqa: S607
        cwd=scratch,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()[-1]
    target = scratch / package.replace("/", "-")
    with tarfile.open(scratch / packed) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def emptied(name: str) -> Path:
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def vendor_core(package: Path) -> None:
    folder = emptied(f"tabler-core-{CORE}")
    css = (package / "dist/css/tabler.min.css").read_text()
    # The map is not vendored, and a link to a file that is missing stops collectstatic.
    css = re.sub(r"\n?/\*# sourceMappingURL=.*?\*/", "", css)
    if re.search(r"url\(\s*[\"']?(https?:)?//|@import", css):
        raise SystemExit("tabler.min.css loads something from the network.")
    (folder / "tabler.min.css").write_text(css + "\n")
    (folder / "LICENSE").write_text(CORE_LICENSE)


def vendor_icons(package: Path) -> None:
    folder = emptied(f"tabler-icons-{ICONS}")
    symbols = [symbol(name, package / f"icons/outline/{name}.svg") for name in ICONS_IN_USE.split()]
    sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    (folder / "sprite.svg").write_text(sprite)
    shutil.copy(package / "LICENSE", folder / "LICENSE")


def vendor_htmx(package: Path) -> None:
    folder = emptied(f"htmx-{HTMX}")
    shutil.copy(package / "dist/htmx.min.js", folder / "htmx.min.js")
    shutil.copy(package / "LICENSE", folder / "LICENSE")


def symbol(name: str, path: Path) -> str:
    """The icon's strokes without its frame: colour and width come from the page."""
    shapes = re.findall(r"<(?:path|circle|rect|line|ellipse|poly\w+)\b[^>]*/>", path.read_text())
    strokes = "".join(" ".join(shape.split()) for shape in shapes if "M0 0h24v24H0z" not in shape)
    return f'<symbol id="{name}" viewBox="0 0 24 24">{strokes}</symbol>'


if __name__ == "__main__":
    main()
