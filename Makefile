# `make demo` puts a live room on air with the built-in host; `make test` checks everything.
# Both install what is missing first (`make setup`).
SHELL := /bin/bash
.PHONY: demo test setup build avatars proofs lipsync-data lipsync-train bench clean help

# What every recipe needs to find a toolchain that set-up has installed.
toolchain = [ -f "$$HOME/.cargo/env" ] && . "$$HOME/.cargo/env"; \
	for folder in /usr/lib/rust-1.*/bin; do [ -d "$$folder" ] && PATH="$$PATH:$$folder"; done

help: ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 16

demo: build ## A live room with the built-in host at a local URL
	./target/release/zhubo live

test: setup ## Format, lints, tests, documentation, browser tests
	.ci/test

setup: ## Install what is missing (Debian, Ubuntu); safe to run twice
	.ci/setup

build: setup ## The program, optimised, with the lean set of features
	@$(toolchain); cargo build --locked --release --no-default-features --features live,remote

bench: build ## The pipeline and each stage, measured
	./target/release/zhubo bench

# The hosts that `make avatars` and `make proofs` work on: folders with a host.yaml.
HOSTS = avatars/lina avatars/chen avatars/miko

avatars: build ## Build every shipped host and studio set again from its script (HOSTS=avatars/mine: only that)
	python3 -m venv target/studio
	target/studio/bin/pip install -q -r avatars/studio/requirements.txt
	target/studio/bin/python avatars/studio/build.py $(HOSTS)
	for host in $(HOSTS); do ./target/release/zhubo avatar render $$host -o $$host/thumbnail.png --size 256x256 \
		--camera face --expression happy=0.5 --background '#dfe3e6' || exit 1; done
	target/studio/bin/python avatars/studio/check.py $(HOSTS)
	if [ "$(HOSTS)" = "avatars/lina avatars/chen avatars/miko" ]; then target/studio/bin/python library/scenes/make.py; fi

proofs: build ## Sheets and ten seconds of talk of every host, in target/proofs, for people to look at
	@for host in $(notdir $(patsubst %/,%,$(dir $(wildcard avatars/*/host.glb)))); do \
		./target/release/zhubo avatar render $$host --sheet target/proofs/$$host \
		&& ./target/release/zhubo spot examples/proof.toml --host $$host -o target/proofs/$$host.mp4 || exit 1; \
	done

# Where speech, phones and the network under training live: about 3 GB.
lipsync = target/lipsync
lipsync_python = $(CURDIR)/$(lipsync)/venv/bin/python

lipsync-data: ## Speech with known phones to train and judge the lip-sync model on (half an hour)
	audio/lipsync/train/setup $(lipsync)
	cd audio/lipsync/train && $(lipsync_python) corpus.py $(CURDIR)/$(lipsync)
	cd audio/lipsync/train && $(lipsync_python) throats.py $(CURDIR)/$(lipsync)

lipsync-train: ## Train, export and report the lip-sync model (an hour on a core; run lipsync-data first)
	cd audio/lipsync/train && $(lipsync_python) train.py $(CURDIR)/$(lipsync) --minutes 60
	cd audio/lipsync/train && $(lipsync_python) export.py $(CURDIR)/$(lipsync)/net.pt ..
	cd audio/lipsync/train && $(lipsync_python) golden.py
	cd audio/lipsync/train && $(lipsync_python) report.py $(CURDIR)/$(lipsync) ../report

clean: ## Remove what was built
	rm -rf target tests/browser/node_modules tests/browser/out tests/encodings/node_modules
