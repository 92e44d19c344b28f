from __future__ import annotations

import sys
from pathlib import Path

# The peers of the RPC tests.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python" / "rpc"))
