# The verbs a person types. Each makes .venv on first use and is one line that calls build.py or pytest.
PRESET ?= full
ARGS ?=
PYTHON ?= python3
PY := .venv/bin/python
BUILD := $(PY) build.py
OPTIONS := --preset $(PRESET) $(ARGS)
# the tests of a file stay together; a process a core, of one thread each
TESTS := OMP_NUM_THREADS=1 $(PY) -m pytest -n auto --dist loadfile
# The path to the engine is relative to the environment: one with an accent no Python in an ASCII locale reads.
INSTALL = $(PY) -m pip install --quiet --disable-pip-version-check --editable '$(1)' && $(PY) -c "import os, pathlib, sysconfig; \
  here = pathlib.Path(sysconfig.get_path('purelib')); \
  [one.write_text(os.path.relpath('code', here)) for one in here.glob('__editable__.writeup-*.pth')]" && touch $@

.DEFAULT_GOAL := help
.PHONY: help docs report watch diff train data status values grade archive test quicktest test-long check browse claims bench growth faults lies identity forgeries archives damages evidence clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'
	@echo '  PRESET=full|quick|smoke   DATA_DIR=folder   ARGS="--only cvae --set cvae.epochs=3"'

report: .venv/base ## build the report; train only what no recorded result matches
	@$(BUILD) report $(OPTIONS) || { [ $$? -eq 3 ] && $(MAKE) --no-print-directory .venv/train && $(BUILD) report $(OPTIONS); }

watch: .venv/base ## follow each edit: what it touches is made anew, and the page in the browser reloads
	@$(BUILD) watch $(OPTIONS)

diff: .venv/base ## what moved since REF=<commit>: numbers, verdicts, figures, and what caused it
	@$(BUILD) diff $(or $(REF),HEAD) $(OPTIONS)

train: .venv/train ## compute every part anew, then build the report
	@$(BUILD) train $(OPTIONS)

data: .venv/base ## find or download the data, and verify them
	@$(BUILD) data $(ARGS)

status: .venv/base ## which recorded runs are current, and what changed for the others
	@$(BUILD) status $(OPTIONS)

values: .venv/base ## every recorded number, one a line
	@$(BUILD) values $(OPTIONS)

grade: .venv/base ## hold the finished PDF against its rubric.toml: points, pages, evidence
	@$(BUILD) grade $(OPTIONS)

docs: .venv/base ## write docs/templates.md anew, the manual of what templates see
	@$(PY) -m writeup.page.manual > docs/templates.md

archive: .venv/base ## one file to hand in, report/report.zip (ARGS=file.zip): PDF, results, code, checksums
	@$(BUILD) archive $(OPTIONS)

test: .venv/test ## the tests
	@$(TESTS) $(ARGS)

# what reads whole reports, trains, or waits for other processes
SLOW := assignment3/test_report.py assignment3/test_resuming.py assignment3/test_stages.py assignment3/test_derivations.py \
  assignment3/test_identity.py assignment3/siamese assignment3/cvae assignment3/gan assignment3/text_cnn assignment3/shared \
  evidence grade lies writeup/archive writeup/runs writeup/watch writeup/diff writeup/test_init.py writeup/test_locale.py \
  writeup/page/test_typeset.py writeup/page/test_browser.py writeup/page/test_layout.py writeup/grade writeup/verify
quicktest: .venv/test ## the tests that take under a minute together
	@$(TESTS) $(SLOW:%=--ignore=tests/%) $(ARGS)

test-long: .venv/test ## what takes minutes: the engine alone in an empty environment, LaTeX, mutants, hostile texts
	@OMP_NUM_THREADS=1 $(PY) -m pytest -n auto -m "long or not long" tests/long $(ARGS)
	@$(TESTS) -m long $(ARGS)

check: .venv/test ## lint, types and tests
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy && $(TESTS) $(ARGS)

browse: .venv/test ## look at report/report.html in a browser: errors, links, keyboard, barriers (minutes)
	@BROWSE=report/report.html $(PY) -m pytest tests/writeup/page/test_browser.py -rs $(ARGS)

# Each records what it measures below report/evidence/results, for the second report.
MEASURE := $(BUILD) evidence train $(OPTIONS) --only

claims: .venv/base ## how often the rules of the claims err in made-up worlds, and what they find
	@$(MEASURE) claims && $(BUILD) evidence values claims

bench: .venv/train ## our training beside plain PyTorch loops, in minutes (AGAINST=HEAD~3: beside that commit's)
	@$(if $(AGAINST),$(PY) -m evidence.against '$(AGAINST)',$(MEASURE) bench --jobs 1 && $(BUILD) evidence values bench)

growth: .venv/train ## how cost grows with epochs, seeds, figures and numbers
	@$(MEASURE) growth --jobs 1

faults: .venv/test ## kills, damaged files, bad inputs and full disks by the hundred
	@$(MEASURE) faults --jobs 1

lies: .venv/test ## plant the lies of tests/lies: how many are refused
	@$(MEASURE) lies --jobs 1

identity: .venv/test ## change code and files in ways that alter a number: how many are not noticed
	@$(MEASURE) identity --jobs 1

forgeries: .venv/base ## forge records of runs computed again (build.py verify ... --into report/evidence/again)
	@$(MEASURE) forgeries --jobs 1

archives: .venv/base ## verify archives that mean harm
	@$(MEASURE) archives --jobs 1

damages: .venv/train ## does the grader see what is wrong: damaged and honest reports, a quarter of an hour
	@$(MEASURE) grade --jobs 1

evidence: .venv/base ## write docs/evidence.pdf and .html of what was recorded; nothing is measured
	@$(BUILD) evidence report --allow-stale $(OPTIONS)
	@cp report/evidence/report.pdf docs/evidence.pdf && sed -e 's/report\.pdf/evidence.pdf/g' -e 's/ and <a href="report\.md">report\.md<\/a>//' report/evidence/report.html > docs/evidence.html

clean: ## remove what can be built again: environment, figures, reports (not the recorded results)
	@rm -rf .venv report/quick report/smoke report/*-custom report/figures report/grade report/.*.state.json report/.*.cache.json report/.cache report/proofs.json report/evidence/[!r]* report/evidence/report* report/evidence/.[!.]*
	@rm -f report/report*.tex report/report*.html report/report*.md report/report*.cards.json report/report*.zip

# An environment stands when its stamp is newer than pyproject.toml; a second call installs nothing.
.venv/base: pyproject.toml
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { echo "error: python >= 3.11 with venv is needed; or say make PYTHON=..."; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python >= 3.11 is needed; say make PYTHON=python3.11"; rm -rf .venv; exit 1; }
	@echo "installing into .venv (once)" && $(call INSTALL,.)

.venv/train: .venv/base
	@echo "installing torch into .venv (once)" && $(call INSTALL,.[train])

.venv/test: .venv/train
	@echo "installing the test tools into .venv (once)" && $(call INSTALL,.[test])
