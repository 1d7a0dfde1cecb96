# `make run` and `make test` need nothing installed beforehand: both first install what is missing.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build run run-cluster dev test fmt lint advisories e2e pictures screenshots faults bench bench-cluster dist clean-data

ENV := . scripts/env.sh;

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Install what the build needs
	@scripts/setup.sh build

build: setup ## Build the release: the binary and the site
	@scripts/build.sh

run: build ## Build, then serve the shop at http://127.0.0.1:3000 (settings: SECKILL_…)
	@$(ENV) echo "serving http://$${SECKILL_ADDR:-127.0.0.1:3000}"; exec "$$(target_dir)/release/server"

run-cluster: build ## Build, then serve a demonstration on a Redis, a RabbitMQ and a database of its own
	@scripts/setup.sh cluster
	@$(ENV) cargo build --release -p test-servers; release="$$(target_dir)/release"; \
		exec "$$release/with-servers" -- "$$release/server"

dev: setup ## Build for development, serve, and do it again at every change
	@$(ENV) exec cargo leptos watch

test: ## Everything: format, lints, tests, release build, budgets, live sale, browser
	@scripts/test.sh

fmt: ## Format the sources
	@$(ENV) cargo fmt --all

lint: setup ## The lints alone
	@$(ENV) cargo clippy --all-targets -- -D warnings
	@$(ENV) cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings

advisories: ## Compare our dependencies with the known vulnerabilities of today (needs github.com)
	@scripts/setup.sh test
	@scripts/dependencies.sh --fetch

e2e: ## The browser tests alone, over a fresh release build
	@scripts/setup.sh test
	@scripts/build.sh
	@$(ENV) npm --prefix end2end run --silent check
	@$(ENV) scripts/browser-tests.sh

pictures: build ## Take the pictures of the README anew
	@$(ENV) scripts/browser-tests.sh --config pictures.config.ts --project readme

screenshots: build ## Take pictures of every page and state, into end2end/screenshots
	@$(ENV) scripts/browser-tests.sh --config pictures.config.ts --project states

faults: ## The whole table of faults: processes, connections and servers of a cluster fail in the middle of sales
	@scripts/setup.sh test
	@$(ENV) cargo test --release --test live cluster -- --nocapture --test-threads=3

bench: build ## Measure what requests cost an embedded shop, beside a bare handler
	@$(ENV) exec "$$(target_dir)/release/server" bench

# `-p` and two builds: one build would join both crates' features and compile most of the server anew.
bench-cluster: ## Measure gate, relay and order writer on servers of its own, PostgreSQL and then MariaDB
	@scripts/setup.sh cluster
	@$(ENV) cargo build --release -p server; cargo build --release -p test-servers; \
		release="$$(target_dir)/release"; \
		for database in postgres mariadb; do \
			"$$release/with-servers" --database $$database -- \
				bash -c '"$$1" migrate && exec "$$1" bench --cluster' - "$$release/server"; \
			echo; \
		done

dist: build ## Pack what a machine is installed from, into target/dist
	@scripts/dist.sh

clean-data: ## Forget the shop in ./data
	@rm -rf data
