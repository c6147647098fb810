"""
`python -m entrypoints.web.languages` brings the catalogues up to date.

They lie beside this file, unless another folder is given.
"""

import sys
from pathlib import Path

from entrypoints.web.languages.extraction import HERE, update


update(Path(sys.argv[1]) if sys.argv[1:] else HERE)
