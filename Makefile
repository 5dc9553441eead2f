# Everything a person types. `make demo` and `make test` set up whatever is missing first.
# Variables: VIDEO, SUBS, SOURCE_SUBS, WORKDIR, OUTPUT, STT, TRANSLATE, TRANSLATION_MODEL, GPT_MODEL, TTS_PROVIDER, TTS_MODEL, VOICE,
# MAX_CONCURRENT, SYNC, SOURCE_LANGUAGE, TARGET_LANGUAGE (several: es,ru), PORT, VERBOSE, ARGS.

# The checkout's own Node 24 comes first, whatever the machine has.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export NO_UPDATE_NOTIFIER := 1
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
DUBBER := node bin/dubber.js

# Only what was given becomes a flag, so that Dubber's own defaults hold for the rest. The shell expands the values, not
# make: a quote or a dollar in a file's name stays what it is.
# What was not given is not exported either: an empty variable would hide the one in .env.
VARIABLES := VIDEO SUBS SOURCE_SUBS WORKDIR OUTPUT STT TRANSLATE TRANSLATION_MODEL GPT_MODEL TTS_PROVIDER TTS_MODEL VOICE \
  MAX_CONCURRENT SOURCE_LANGUAGE TARGET_LANGUAGE PORT
$(foreach name,$(VARIABLES),$(if $(value $(name)),$(eval export $(name))))
flag = $(if $(value $(2)),$(1) "$$$(2)")
WHERE = $(call flag,--workdir,WORKDIR) $(call flag,--to,TARGET_LANGUAGE)
OPTIONS = $(WHERE) $(call flag,--source-language,SOURCE_LANGUAGE) $(if $(VERBOSE),--verbose) $(ARGS)
VOICES = $(call flag,--tts-provider,TTS_PROVIDER) $(call flag,--tts-model,TTS_MODEL) $(call flag,--voice,VOICE)
# TRANSLATE is no flag with a value: Dubber reads 1 and 0 from the environment itself.
TEXTS = $(call flag,--subs,SUBS) $(call flag,--source-subs,SOURCE_SUBS) $(call flag,--stt,STT) $(call flag,--gpt-model,GPT_MODEL)
WORDS = $(call flag,--translation-model,TRANSLATION_MODEL) $(call flag,--max-concurrent,MAX_CONCURRENT)
ORDER = $(if $(SYNC),--sync)

.DEFAULT_GOAL := help
.PHONY: help demo test setup prep review synth synth-async debug-synth-async burn youtube full full-async serve models show-logs clean check-env check-files doctor fmt lint typecheck unit soak bench build

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 19
	@echo; echo 'Example: make full VIDEO=talk.mp4 SUBS=talk.es.srt TARGET_LANGUAGE=es'

demo: setup ## dub the bundled example into Spanish and Russian
	@$(DUBBER) demo $(ARGS)

test: setup ## run everything: types, lint, architecture, tests, end to end
	@bash scripts/install-test-tools.sh
	@tsc
	@biome check .
	@knip
	@vitest run

setup: node_modules/.installed ## install what is missing: packages and ffmpeg
	@bash scripts/install-ffmpeg.sh

node_modules/.installed: package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing. Install Node.js (22 or newer) from https://nodejs.org.' >&2; exit 4; }
	npm ci --no-fund --no-audit
	@touch $@

prep: setup needs-video ## find, hear or translate the text (VIDEO, SUBS, STT, TRANSLATE, TARGET_LANGUAGE)
	@$(DUBBER) prep "$$VIDEO" $(TEXTS) $(WORDS) $(OPTIONS)

review: setup needs-video ## show the text of VIDEO as it will be spoken (ARGS=--edit opens it)
	@$(DUBBER) review "$$VIDEO" $(WHERE) $(ARGS)

synth: setup needs-video ## speak and mix the reviewed text (MAX_CONCURRENT, SYNC=1 for one call at a time)
	@$(DUBBER) synth "$$VIDEO" $(ORDER) $(VOICES) $(WORDS) $(OPTIONS)

synth-async: setup needs-video ## the same, many calls at once (MAX_CONCURRENT, TTS_PROVIDER)
	@$(DUBBER) synth "$$VIDEO" --async-tts $(VOICES) $(WORDS) $(OPTIONS)

debug-synth-async: setup needs-video ## the same, with every call shown
	@$(DUBBER) synth "$$VIDEO" --async-tts --verbose --log-format text $(VOICES) $(WORDS) $(OPTIONS)

burn: setup needs-video ## put dub and subtitles into the video (OUTPUT)
	@$(DUBBER) burn "$$VIDEO" $(call flag,--output,OUTPUT) $(OPTIONS)

youtube: setup needs-video ## write title, description, chapters and tags (ARGS=--youtube-ai, GPT_MODEL)
	@$(DUBBER) youtube "$$VIDEO" $(call flag,--gpt-model,GPT_MODEL) $(OPTIONS)

full: setup needs-video ## prep, synth, burn and youtube in one go
	@$(DUBBER) dub "$$VIDEO" $(ORDER) $(TEXTS) $(VOICES) $(WORDS) $(call flag,--output,OUTPUT) $(OPTIONS)

full-async: setup needs-video ## the same, many calls at once
	@$(DUBBER) dub "$$VIDEO" --async-tts $(TEXTS) $(VOICES) $(WORDS) $(call flag,--output,OUTPUT) $(OPTIONS)

serve: setup ## run the voice server (PORT=8000, ARGS="--data-dir data")
	@$(DUBBER) serve $(call flag,--port,PORT) $(ARGS)

models: setup ## list the models that work on this machine (ARGS=--json)
	@$(DUBBER) models list $(ARGS)

show-logs: ## list the work directory of VIDEO (or WORKDIR) and show the end of each log
	@[ -n "$${WORKDIR:-}$${VIDEO:-}" ] || { echo 'Say which: make show-logs WORKDIR=.work/talk, or VIDEO=talk.mp4' >&2; exit 2; }
	@name=$$(basename -- "$${VIDEO:-}"); folder=$${WORKDIR:-.work/$${name%.*}}; \
	[ -d "$$folder" ] || { echo "There is no folder $$folder." >&2; exit 1; }; \
	ls -l -- "$$folder"; \
	shopt -s nullglob; logs=("$$folder"/*.log); \
	[ $${#logs[@]} -gt 0 ] || echo "No log is in $$folder yet; speaking writes synth_async.log."; \
	for log in "$${logs[@]}"; do echo; echo "== $$log"; tail -n 20 -- "$$log"; done

.PHONY: needs-video
needs-video:
	@[ -n "$${VIDEO:-}" ] || { echo 'Say which video: make $(firstword $(MAKECMDGOALS)) VIDEO=talk.mp4' >&2; exit 2; }

clean: setup ## remove the work directory of VIDEO (or WORKDIR)
	@$(DUBBER) clean $(call flag,--workdir,WORKDIR) $(if $(value VIDEO),"$$VIDEO")

check-env: setup ## check tools, voices, services, fonts and disk
	@$(DUBBER) doctor $(ARGS)

doctor: check-env

check-files: needs-video ## show VIDEO and what is in its work directory
	@ls -l -- "$$VIDEO"
	@name=$$(basename -- "$$VIDEO"); ls -lR -- "$${WORKDIR:-.work/$${name%.*}}"

fmt: setup ## format the code
	@biome check --write .

lint: setup ## check style and unused code
	@biome check .
	@knip

typecheck: setup ## check types
	@tsc

unit: setup ## run the unit tests only
	@vitest run src

soak: setup ## run the long tests: kill loops, three-hour inputs, every combination, new random examples
	@SOAK=1 vitest run test/soak $$(grep -rl --include='*.test.ts' 'longOrShort\|needs(soak)' src test) --test-timeout 3600000

bench: setup ## print every benchmark table
	@npm run --silent bench:fit
	@npm run --silent bench:assembly
	@npm run --silent bench:dub
	@npm run --silent bench:synthesis
	@npm run --silent bench:prep
	@npm run --silent bench:server

build: setup ## compile what is published
	@npm run --silent build
