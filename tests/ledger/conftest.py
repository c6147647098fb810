"""The ledger is a package at the root, which is not installed."""

import sys
from pathlib import Path


ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)
