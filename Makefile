# make run    the service, with the shipped configuration, on the embedded log
# make demo   the whole pipeline at work, without network or set-up
# make test   every gate that CI has
VENV ?= .venv
BIN := $(VENV)/bin
SIDE_BY_SIDE := --numprocesses 3 --dist loadfile  # much of what tests do is wait: for brokers, outages, polls
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: run demo test lint types tests coverage broker bench docs clean

run: $(RUN_STAMP)
	@exec $(BIN)/armswatch run --config config

demo: $(RUN_STAMP)
	@exec $(BIN)/armswatch demo

test: lint types coverage

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(DEV_STAMP)
	$(BIN)/mypy

tests: $(DEV_STAMP)
	$(BIN)/pytest $(SIDE_BY_SIDE)

coverage: $(DEV_STAMP)
	$(BIN)/pytest --cov --cov-report=term $(SIDE_BY_SIDE)

broker: $(DEV_STAMP)  # fetches the jars of the Kafka broker that tests start
	$(BIN)/python -m tests.stream.kafka_broker

bench: $(DEV_STAMP)
	@for each in log tag poll latency start; do echo "== $$each"; $(BIN)/python -m benchmarks.$$each || exit 1; done

docs: $(DEV_STAMP)
	$(BIN)/python -m config.reference --write
	$(BIN)/python -m armswatch.reference --write

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

$(RUN_STAMP): pyproject.toml constraints.txt deploy/environment
	@deploy/environment $(VENV)
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt deploy/environment
	@deploy/environment $(VENV) dev
	@touch $@ $(RUN_STAMP)
