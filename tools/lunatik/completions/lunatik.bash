# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Completes the arguments of lunatik in bash, with the candidates that the command itself prints.

_lunatik() {
	local line=${COMP_LINE:0:COMP_POINT} rest word prefix='' candidate i
	local -a words=()
	COMPREPLY=()

	# bash splits words at the characters of COMP_WORDBREAKS. Parts without a blank between them are one word.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		rest=${line#"${line%%[![:blank:]]*}"}
		# The current word ends at the cursor.
		((i < COMP_CWORD)) || word=$rest
		if ((i > 0)) && [[ $rest == "$line" && $rest ]]; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
		line=${rest#"$word"}
	done
	word=${words[${#words[@]} - 1]}
	local quoted=''
	[[ $word != [\'\"]* ]] || quoted=yes
	# The command gets words without their quotes.
	words=("${words[@]//[\\\'\"]/}")

	# readline replaces the part after the last of those characters, unless the word is quoted.
	word=${words[${#words[@]} - 1]}
	if [[ ! $quoted && $word == *["$COMP_WORDBREAKS"]* ]]; then
		prefix=${word%"${word##*["$COMP_WORDBREAKS"]}"}
	fi
	while IFS= read -r candidate; do
		candidate=${candidate%%$'\t'*}
		candidate=${candidate#"$prefix"}
		[[ $quoted ]] || printf -v candidate %q "$candidate"
		COMPREPLY+=("$candidate")
	done < <(lunatik __complete -- "${words[@]}" 2>/dev/null)
	if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[/=:] ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

complete -o nosort -F _lunatik lunatik 2>/dev/null || complete -F _lunatik lunatik
