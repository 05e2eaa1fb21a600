# Short targets in front of Meson.  `make demo` and `make test` are all that a
# newcomer needs: each sets up what is missing first.

BUILD ?= build
PREFIX ?= /usr/local
# The environment may force OpenBLAS to slower kernels; nothing here wants it.
export OPENBLAS_CORETYPE =
LIMEN = $(BUILD)/cli/limen

.PHONY: all demo test test-slow bench check install clean format

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja: meson.build meson_options.txt
	@tools/setup build
	@[ -d $(BUILD)/meson-info ] || meson setup $(BUILD) --prefix $(PREFIX) >/dev/null
	@touch $@

demo: all
	@tools/demo $(LIMEN)

test:
	@tools/setup build test
	@$(MAKE) --no-print-directory all
	@tools/test $(BUILD) fast

test-slow:
	@tools/setup build test check
	@$(MAKE) --no-print-directory all
	@tools/test $(BUILD) slow

bench: all
	@bench/run $(LIMEN)

check:
	@tools/setup build test check
	@tools/check

format:
	@tools/setup check
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

install: all
	@meson configure $(BUILD) --prefix $(PREFIX)
	@meson install -C $(BUILD) --quiet

clean:
	@rm -rf $(BUILD) build-*
