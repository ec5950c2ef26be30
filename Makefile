# hpedu: two commands matter, `make report` (fresh machine to finished reports) and `make test` (every check).
# Everything is done by run.py, which needs no make: `python run.py` lists the commands.
PYTHON ?= python3
COMMANDS := report test lab lint unit notebooks refresh-notebooks sentences same fuzz mutate licences docs pictures bench backtest install browser lock clean

.PHONY: $(COMMANDS)

$(COMMANDS):
	@$(PYTHON) run.py $@
