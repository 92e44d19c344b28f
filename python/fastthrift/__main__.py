"""``python -m fastthrift``: the command `fastthrift`."""

import sys

from .generate.command import main

sys.exit(main())
