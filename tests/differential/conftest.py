from __future__ import annotations

import pytest

pytest.importorskip("thriftpy2", reason="thriftpy2, the other half of each comparison, is not installed")
