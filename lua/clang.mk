# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# clang's flags for Lua's C files in a kernel built with GCC. GCC refuses doubles without floating-point registers, so
# clang compiles these files, and no others. They include no header of the kernel, but each option that protects the
# kernel must apply to them, too. So clang's flags follow from the configuration, option by option, and
# scripts/checks/mitigations compares the objects with the configuration.

LUNATIK_CLANG ?= clang

ifeq ($(shell $(LUNATIK_CLANG) --version 2>/dev/null),)
$(error This kernel was built with GCC, which cannot compile Lua (it refuses doubles without floating-point registers), and there is no $(LUNATIK_CLANG). Install clang 17 or newer, or name it with LUNATIK_CLANG=)
endif

# Flags for every x86-64 kernel.
lua-clang-flags := --target=x86_64-linux-gnu -fintegrated-as -Werror=ignored-optimization-argument \
	-Werror=option-ignored -Werror=unused-command-line-argument \
	-D__KERNEL__ -DMODULE -std=gnu11 -O2 -Wall -fshort-wchar -funsigned-char -fno-common -fno-PIE \
	-m64 -mno-sse -mno-mmx -mno-sse2 -mno-3dnow -mno-avx -mno-sse4a -mno-80387 -mno-fp-ret-in-387 \
	-mstack-alignment=8 -mskip-rax-setup -mno-red-zone -mcmodel=kernel \
	-falign-loops=1 -fno-asynchronous-unwind-tables -fno-stack-clash-protection -fno-stack-check \
	-fno-builtin-wcslen -fmacro-prefix-map=$(abspath $(src))/=

# lua-clang-option NAME,FLAGS,OTHERS: adds FLAGS if CONFIG_NAME is on, otherwise OTHERS.
lua-clang-option = $(eval lua-clang-flags += $(if $(filter y,$(CONFIG_$(1))),$(2),$(3)))

# lua-clang-stop NAME,REASON: stops if CONFIG_NAME is on, for which clang has no flag.
lua-clang-stop = $(if $(filter y,$(CONFIG_$(1))),$(error This kernel has CONFIG_$(1): $(2). Lua cannot be compiled for it by clang; build the kernel with clang (LLVM=1) or without CONFIG_$(1)))

lua-padding := $(CONFIG_FUNCTION_PADDING_BYTES)$(comma)$(CONFIG_FUNCTION_PADDING_BYTES)
lua-guard := $(if $(CONFIG_SMP),-mstack-protector-guard-reg=gs \
	-mstack-protector-guard-symbol=__ref_stack_chk_guard,-mstack-protector-guard=global)

$(call lua-clang-stop,UML,it is compiled with other flags than x86-64)

# Branches.
$(call lua-clang-option,MITIGATION_RETPOLINE,-mretpoline-external-thunk -mindirect-branch-cs-prefix)
$(call lua-clang-option,MITIGATION_RETHUNK,-mfunction-return=thunk-extern)
$(call lua-clang-option,MITIGATION_SLS,-mharden-sls=all)
$(call lua-clang-option,X86_KERNEL_IBT,-fcf-protection=branch -fno-jump-tables,-fcf-protection=none)
$(call lua-clang-option,CALL_PADDING,-fpatchable-function-entry=$(lua-padding))
$(call lua-clang-option,CFI,-fsanitize=kcfi)
$(call lua-clang-option,CFI_ICALL_NORMALIZE_INTEGERS,-fsanitize-cfi-icall-experimental-normalize-integers)
$(call lua-clang-option,FINEIBT_BHI,-fsanitize-kcfi-arity)
lua-clang-flags += $(if $(filter-out 0,$(CONFIG_FUNCTION_ALIGNMENT)),-falign-functions=$(CONFIG_FUNCTION_ALIGNMENT))

# Stacks and registers. CONFIG_INIT_STACK_ALL_* is left out, as in kernels built with clang: lua/Kbuild says why.
$(call lua-clang-option,STACKPROTECTOR,$(lua-guard))
$(call lua-clang-option,STACKPROTECTOR_STRONG,-fstack-protector-strong,$(if $(CONFIG_STACKPROTECTOR),-fstack-protector,-fno-stack-protector))
$(call lua-clang-option,FRAME_POINTER,-fno-omit-frame-pointer -fno-optimize-sibling-calls,-fomit-frame-pointer)
$(call lua-clang-option,ZERO_CALL_USED_REGS,-fzero-call-used-regs=used-gpr)
$(call lua-clang-stop,SHADOW_CALL_STACK,calls are also kept on a shadow stack)
$(call lua-clang-stop,KSTACK_ERASE,each function notes how deep the stack is)

# The rest. Function tracers must not see Lua's functions, as in all kernels. Checkers of undefined behaviour and of
# coverage (CONFIG_UBSAN, CONFIG_KCOV, CONFIG_GCOV_KERNEL) find nothing in objects that are not compiled for them; the
# following would miss accesses or report wrong ones.
$(call lua-clang-option,X86_NATIVE_CPU,-march=native,-march=x86-64 -mtune=generic)
$(call lua-clang-option,DEBUG_INFO,-g)
$(call lua-clang-option,DEBUG_INFO_DWARF4,-gdwarf-4)
$(call lua-clang-option,DEBUG_INFO_DWARF5,-gdwarf-5)
$(call lua-clang-stop,KASAN,GCC and clang divide the work between code and kernel differently)
$(call lua-clang-stop,KCSAN,GCC and clang divide the work between code and kernel differently)

# The flags of GCC that the table above covers, or that only affect GCC's optimisations and warnings. Any other flag of
# the kernel might protect it, so a developer must examine it.
lua-gcc-flags := -D% -W% -g% -O% -m64 -std=% -fmacro-prefix-map=% -ffile-prefix-map=% -fdebug-prefix-map=% \
	-fshort-wchar -funsigned-char -fno-common -fno-PIE -fno-pie -fno-strict-aliasing -fms-extensions \
	-mno-sse -mno-mmx -mno-sse2 -mno-3dnow -mno-avx -mno-sse4a -mno-80387 -mno-fp-ret-in-387 -mno-red-zone \
	-mcmodel=kernel -march=% -mtune=% -mno-apx-features=% -mpreferred-stack-boundary=3 -mskip-rax-setup \
	-falign-jumps=% -falign-loops=% -fno-asynchronous-unwind-tables -fno-delete-null-pointer-checks \
	-fno-allow-store-data-races --param=allow-store-data-races=0 -fno-reorder-blocks -fno-ipa-cp-clone \
	-fno-partial-inlining -fno-inline-functions-called-once -fconserve-stack -fzero-init-padding-bits=% \
	-fno-stack-clash-protection -fno-stack-check -fno-strict-overflow -fstrict-flex-arrays=% -fno-builtin-wcslen \
	-fdiagnostics-% -femit-struct-debug-baseonly -fno-var-tracking -fno-omit-frame-pointer -fomit-frame-pointer \
	-fno-optimize-sibling-calls -ftrivial-auto-var-init=% -fzero-call-used-regs=used-gpr \
	-mindirect-branch=thunk-extern -mindirect-branch-register -mindirect-branch-cs-prefix \
	-mfunction-return=thunk-extern -mharden-sls=all -fcf-protection=% -fno-jump-tables \
	-fpatchable-function-entry=% -fmin-function-alignment=% -falign-functions=% \
	-fno-stack-protector -fstack-protector -fstack-protector-strong -mstack-protector-guard% \
	-fsanitize=kcfi -pg -mfentry -mrecord-mcount -mnop-mcount
lua-unknown-flags := $(filter-out $(lua-gcc-flags),$(KBUILD_CFLAGS))
ifneq ($(strip $(lua-unknown-flags)),)
$(error The kernel is compiled with flags that lua/clang.mk does not know: $(lua-unknown-flags). Each may protect the kernel. Add them, and clang's flags for them, to lua/clang.mk)
endif

lua-clang-c-flags = -Wp,-MMD,$(depfile) $(lua-clang-flags) $(CFLAGS_$(target-stem).o) $(basename_flags) $(modname_flags)

# CC may be given on the command line of make.
$(addprefix $(obj)/,$(lua-objects)): private override CC := $(LUNATIK_CLANG)
$(addprefix $(obj)/,$(lua-objects)): private c_flags = $(lua-clang-c-flags)
