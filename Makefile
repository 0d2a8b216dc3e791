# make run · make test · make check · make bench. Python >= 3.11 and make are all that must be there.

PORT ?= 8501
ADDRESS ?= localhost
BIN := .venv/bin

.PHONY: run test check bench format

run: .venv/.installed
	@exec $(BIN)/python -m streamlit run app.py --server.port $(PORT) --server.address $(ADDRESS)

test: .venv/.installed-dev
	@scripts/test-tools.sh
	$(BIN)/python -m pytest -n 2

check: .venv/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.installed-dev
	@$(BIN)/python -m bench

format: .venv/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The stamps make an installation outdated when a requirements file changes.
.venv/.installed: requirements.txt constraints.txt scripts/venv.sh
	@scripts/venv.sh requirements.txt
	@touch $@

.venv/.installed-dev: requirements.txt requirements-dev.txt constraints.txt scripts/venv.sh
	@scripts/venv.sh requirements-dev.txt
	@touch .venv/.installed $@
