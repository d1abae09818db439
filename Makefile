# Thin names for the commands that build, test and run Keelrow; CMake does the work in build*/.
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc)
CMAKE_FLAGS ?=

configure = cmake -S . -G Ninja -Wno-dev -B
ctest = ctest --output-on-failure --no-tests=error -j $(JOBS) --test-dir

.DEFAULT_GOAL := help
.PHONY: help all build demo test bench format lint asan tsan fuzz install

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

all: build

build: ## install what is needed (./bootstrap) and build into build/
	@./bootstrap
	$(configure) build $(CMAKE_FLAGS)
	cmake --build build -j $(JOBS)

demo: ## pictures to a served model, from scratch, with proof: accuracy, times, 100 answers
	@scripts/demo.sh

test: ## set up, build, run every test
	@./bootstrap --dev
	$(configure) build -DKEELROW_TESTS=ON $(CMAKE_FLAGS)
	cmake --build build -j $(JOBS)
	$(ctest) build

bench: build ## measure against peers, alternately in one run; SUITE= for one suite
	bench/run $(SUITE)

format: ## rewrite the sources with clang-format
	scripts/format.sh

lint: ## clang-format, include walls, clang-tidy; changes nothing
	@./bootstrap --dev
	scripts/format.sh --check
	scripts/check_walls.sh
	$(configure) build $(CMAKE_FLAGS)
	cmake --build build -j $(JOBS)  # some headers are generated
	scripts/tidy.sh

asan: ## unit tests under AddressSanitizer and UBSan
	@./bootstrap --dev
	$(configure) build-asan -DKEELROW_SANITIZE=address -DKEELROW_TRAINER=OFF
	cmake --build build-asan -j $(JOBS)
	# Else a thread that ends unmaps the signal stack that OpenVINO gave it, OpenVINO does so again,
	# and takes with it whatever of the sanitizer's lies there by then.
	ASAN_OPTIONS=use_sigaltstack=0 $(ctest) build-asan -R '^unit/'

tsan: ## unit tests under ThreadSanitizer
	@./bootstrap --dev
	$(configure) build-tsan -DKEELROW_SANITIZE=thread -DKEELROW_TRAINER=OFF
	cmake --build build-tsan -j $(JOBS)
	TSAN_OPTIONS="suppressions=$(CURDIR)/scripts/tsan.supp second_deadlock_stack=1" \
		$(ctest) build-tsan -R '^unit/'

fuzz: ## every fuzz target for FUZZ_SECONDS (60), two at a time
	@./bootstrap --dev
	CC=clang-14 CXX=clang++-14 $(configure) build-fuzz \
		-DKEELROW_FUZZ=ON -DKEELROW_TESTS=OFF -DKEELROW_TRAINER=OFF
	cmake --build build-fuzz -j $(JOBS) --target fuzz
	FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz.sh build-fuzz

install: build ## a relocatable tree under PREFIX (/usr/local)
	cmake --install build --prefix $(PREFIX)
