"""`python -m service` is `prescreen`."""

import sys

from service.cli import main

sys.exit(main())
