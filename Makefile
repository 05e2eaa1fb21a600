# Short targets in front of Meson.  `make demo` and `make test` are all that a
# newcomer needs: each sets up what is missing first.

BUILD ?= build
PREFIX ?= /usr/local
# The environment may force OpenBLAS to slower kernels; nothing here wants it.
export OPENBLAS_CORETYPE =
LIMEN = $(BUILD)/cli/limen

.PHONY: all demo test test-slow bench study check install clean format

# What is installed; tests build what they need themselves.
PRODUCTS = limen:executable limen:shared_library limen:static_library limen.1

all: $(BUILD)/build.ninja
	@meson compile -C $(BUILD) $(PRODUCTS)

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
	@tools/setup build bench
	@bench/run $(LIMEN)

# make study NAME=robustness/plain: fails where the stored result is not met
study: all
	@tools/setup build study
	@$(LIMEN) compare studies/$(NAME).yaml --check studies/$(NAME).json \
		--python /usr/bin/python3 -o runs/study-$(subst /,-,$(NAME))

check:
	@tools/setup build test check
	@tools/check

format:
	@tools/setup check
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

install: all
	@meson configure $(BUILD) --prefix $(PREFIX)
	@meson install -C $(BUILD) --quiet --no-rebuild

clean:
	@rm -rf $(BUILD) build-*
