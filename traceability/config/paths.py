"""Where things are. Standard library only: the bootstrap and the settings both read it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What the embedded servers, the demo and development keep. Production keeps nothing here.
DATA = Path(os.environ.get("LOTLINE_DATA", ROOT / ".data"))
