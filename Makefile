# Thin on purpose: everything is in dev.py, which needs nothing but Python 3.11 or newer.
PYTHON ?= python3
DEV = $(PYTHON) dev.py

.PHONY: demo examples test check bench ledger lock screenshots translations help

help:
	@$(DEV) --help

demo:
	@$(DEV) demo $(ARGS)

examples:
	@$(DEV) examples $(ARGS)

test:
	@$(DEV) test $(ARGS)

check:
	@$(DEV) check

bench:
	@$(DEV) bench $(ARGS)

ledger:
	@$(DEV) ledger $(ARGS)

lock:
	@$(DEV) lock

screenshots:
	@$(DEV) screenshots

translations:
	@$(DEV) translations
