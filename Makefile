# make demo | test | check | bench | sanitize | dist: each works from nothing but python3 (with venv), make and a C++20 compiler.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.PHONY: help demo test test-cpp test-python interop check format bench sanitize dist clean

PYTHON ?= python3
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
VENV := .venv
BIN := $(VENV)/bin
STEP := $(PYTHON) .ci/step.py
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Hundreds of processes would each compile the same files.
unexport PYTHONDONTWRITEBYTECODE

LAUNCHER := $(if $(shell command -v ccache),-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
export CCACHE_NOHASHDIR := 1
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_SLOPPINESS := pch_defines,time_macros,include_file_mtime,include_file_ctime
CONFIGURE := cmake -S . -G Ninja $(LAUNCHER) -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python -DFASTTHRIFT_TESTS=ON -DFASTTHRIFT_BULK=ON

help:
	@echo "make demo      install fastthrift, serve a chat and talk to it"
	@echo "make test      the C++ tests and the Python tests"
	@echo "make check     format, lint, types and stubs"
	@echo "make interop   peers in C++, Go, Java, Node, Rust and Python call fastthrift and are called"
	@echo "make bench     ratios to thriftpy2, Apache's thrift and msgspec (QUICK=1 for two minutes)"
	@echo "make sanitize  the tests under the address, undefined-behaviour and thread sanitizers"
	@echo "make fuzz      each fuzz target for a minute, with clang's libFuzzer"
	@echo "make dist      sdist and wheel, tried in an empty environment"

# One environment for the work on the project; one stamp for each group of packages in it.
$(BIN)/python:
	@$(STEP) "make $(VENV)" $(PYTHON) -m venv $(VENV)

$(VENV)/stamp-%: pyproject.toml | $(BIN)/python
	@$(STEP) "install what $* needs" $(BIN)/python .ci/install_extra.py $*
	@touch $@

build/dev/build.ninja: CMakeLists.txt tests/cpp/CMakeLists.txt $(wildcard cmake/*) $(VENV)/stamp-build
	@$(STEP) "configure" $(CONFIGURE) -B build/dev -DCMAKE_BUILD_TYPE=Release -DFASTTHRIFT_IN_PLACE=ON

.PHONY: core
core: build/dev/build.ninja
	@$(STEP) "compile the core and its tests" ninja -C build/dev -j$(JOBS)

test: test-cpp test-python

test-cpp: core
	@$(STEP) "C++ tests" ctest --test-dir build/dev -j$(JOBS) --output-on-failure --no-tests=error

# A group is one run of pytest, the longest first. (pytest-xdist collects everything in each process and tells one more of each step: a
# quarter of the CPU time of all.) All run at once: tests wait now and then, for answers and ends of processes. With
# arguments: one run of what they name.
PYTEST := PYTHONPATH=$(CURDIR)/python $(BIN)/python -m pytest
GROUPS := programs objects others faces peers calls
GROUP_programs := tests/conformance tests/consumers tests/docs tests/tutorials
GROUP_faces := tests/python/aio tests/python/apache tests/python/contrib
GROUP_peers := tests/differential tests/interop tests/robustness tests/typing
GROUP_objects := tests/python/generate tests/python/http tests/python/objects tests/python/parser
GROUP_calls := tests/python/rpc tests/python/stacks tests/python/transport
GROUP_others := tests $(addprefix --ignore=,$(GROUP_programs) $(GROUP_faces) $(GROUP_peers) $(GROUP_objects) $(GROUP_calls))
WHOLE := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

test-python: core $(VENV)/stamp-test
	@$(if $(PYTEST_ARGS),$(PYTEST) $(PYTEST_ARGS),echo "Python tests in groups: $(GROUPS)"; $(MAKE) -k -j$(words $(GROUPS)) $(WHOLE) $(GROUPS:%=group-%))

group-%:
	@echo "== $*"; $(PYTEST) -q $(GROUP_$*)

# A peer that cannot be built is left out with a word; one whose build fails is an error, after the others have run.
INTEROP := PYTHONPATH=$(CURDIR)/python:$(CURDIR)/tests $(BIN)/python -m interop
interop: core $(VENV)/stamp-test
	@status=0; $(INTEROP).build || status=1; rm -rf build/interop/results; \
	  INTEROP=all PYTHONPATH=$(CURDIR)/python $(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup tests/interop || status=1; \
	  $(INTEROP).report; exit $$status

check: core $(VENV)/stamp-test $(VENV)/stamp-check
	@$(BIN)/ruff check --quiet . && echo "ruff check: clean"
	@$(BIN)/ruff format --quiet --check . && echo "ruff format: clean"
	@git ls-files 'cpp/*pp' 'tests/*pp' 'benchmarks/*pp' | xargs $(BIN)/clang-format --dry-run -Werror && echo "clang-format: clean"
	@$(BIN)/mypy --no-error-summary && echo "mypy --strict: clean"
	@PYTHONPATH=$(CURDIR)/python MYPYPATH=python $(BIN)/python -m mypy.stubtest --concise --ignore-disjoint-bases \
	  --allowlist .ci/stubtest_allowlist.txt fastthrift._core && echo "stubs: match"

format: $(VENV)/stamp-check
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .
	@git ls-files 'cpp/*pp' 'tests/*pp' 'benchmarks/*pp' | xargs $(BIN)/clang-format -i

# The demo installs the product the way a user does, in an environment of its own.
build/demo/stamp: pyproject.toml CMakeLists.txt $(shell git ls-files cpp python cmake 2>/dev/null)
	@rm -rf build/demo && $(STEP) "make an environment" $(PYTHON) -m venv build/demo
	@$(STEP) "pip install . (compiles the core)" build/demo/bin/pip install -v .
	@touch $@

demo: build/demo/stamp
	@cd examples/chat && ../../build/demo/bin/python demo.py

bench: core $(VENV)/stamp-test $(VENV)/stamp-bench
	@PYTHONPATH=$(CURDIR)/python $(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(BENCH_ARGS)

# The sanitized module runs in an ordinary interpreter: the run-time libraries are loaded before it.
ASAN_LIBS = $(shell g++ -print-file-name=libasan.so):$(shell g++ -print-file-name=libstdc++.so)
sanitize: $(VENV)/stamp-build $(VENV)/stamp-test
	@$(STEP) "configure (address, undefined)" $(CONFIGURE) -B build/asan -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -DFASTTHRIFT_SANITIZE=address,undefined
	@$(STEP) "compile (address, undefined)" ninja -C build/asan -j$(JOBS)
	@$(STEP) "C++ tests (address, undefined)" ctest --test-dir build/asan -j$(JOBS) --output-on-failure
	@rm -rf build/asan/site && cmake --install build/asan --prefix build/asan/site >/dev/null
	@tar -C python --exclude='*.so' --exclude=__pycache__ -cf - fastthrift | tar -C build/asan/site -xf -
	@LD_PRELOAD=$(ASAN_LIBS) ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc \
	  PYTHONPATH=build/asan/site $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --timeout 300 \
	  tests/python tests/robustness $(PYTEST_ARGS)
	@$(STEP) "configure (thread)" $(CONFIGURE) -B build/tsan -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -DFASTTHRIFT_SANITIZE=thread
	@$(STEP) "compile (thread)" ninja -C build/tsan -j$(JOBS) net_tests rpc_tests
	@$(STEP) "C++ tests of net and rpc (thread)" ctest --test-dir build/tsan -R '^(net|rpc)/' --output-on-failure

FUZZ_SECONDS ?= 60
FUZZ_CXX ?= $(firstword $(foreach name,clang++ clang++-20 clang++-19 clang++-18 clang++-17 clang++-16 clang++-15,$(shell command -v $(name))))
fuzz: $(VENV)/stamp-build
	@[ -n "$(FUZZ_CXX)" ] || { echo "make fuzz needs clang++, which brings libFuzzer"; exit 1; }
	@$(STEP) "configure (libFuzzer)" $(CONFIGURE) -B build/fuzz -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=$(FUZZ_CXX) \
	  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -DFASTTHRIFT_TESTS=OFF -DFASTTHRIFT_BULK=OFF -DFASTTHRIFT_FUZZ=ON \
	  -DFASTTHRIFT_SANITIZE=address,undefined
	@targets=$$(cd tests/fuzz && ls fuzz_*.cpp | sed 's/[.]cpp$$//'); \
	$(STEP) "compile (libFuzzer)" ninja -C build/fuzz -j$(JOBS) $$targets; \
	for target in $$targets; do \
	  mkdir -p build/fuzz/found/$$target; \
	  $(STEP) "$$target for $(FUZZ_SECONDS) s" build/fuzz/tests/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
	    -artifact_prefix=build/fuzz/found/$$target/ build/fuzz/found/$$target tests/fuzz/corpus/$${target#fuzz_}; \
	done

dist: $(VENV)/stamp-build
	@rm -rf build/dist
	@$(STEP) "sdist and wheel" $(BIN)/python -m build --outdir build/dist .
	@rm -rf build/empty && $(PYTHON) -m venv build/empty
	@build/empty/bin/pip install --quiet --no-index --no-deps build/dist/*.whl
	@cd build/empty && FASTTHRIFT_COMPAT=thriftpy2 bin/python -c "import thriftpy2; assert thriftpy2.__name__ == 'fastthrift'"
	@cd build/empty && bin/python -c "import fastthrift; print('fastthrift', fastthrift.__version__, 'imports in an empty environment')"

clean:
	rm -rf build $(VENV) python/fastthrift/_core*.so
