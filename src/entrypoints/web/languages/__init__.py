"""The languages of the hosted pages: catalogues, and who gets which."""

from entrypoints.web.languages.language import Language as Language
from entrypoints.web.languages.languages import Languages as Languages
from entrypoints.web.languages.marking import N_ as N_
