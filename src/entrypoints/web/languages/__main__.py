"""`python -m entrypoints.web.languages` brings the catalogues up to date."""

from entrypoints.web.languages.extraction import update


update()
