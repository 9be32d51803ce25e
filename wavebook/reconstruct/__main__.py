"""Run ``python -m wavebook.reconstruct WAVE``."""

import sys

from wavebook.reconstruct.respondents import main

sys.exit(main())
