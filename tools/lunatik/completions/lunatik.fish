# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Completes the arguments of lunatik in fish, with the candidates that the command itself prints.

function __lunatik_complete
    set -l words (commandline --tokenize --current-process --cut-at-cursor)
    # The word that is being typed may have quotes, which the command does not expect.
    set -l typed (commandline --current-token --cut-at-cursor | string replace --all --regex '[\'"\\\\]' '')
    lunatik __complete -- $words "$typed" 2>/dev/null
end

complete --command lunatik --no-files --keep-order --arguments '(__lunatik_complete)'
