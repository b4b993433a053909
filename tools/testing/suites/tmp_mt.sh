. /share/tools/testing/lib/ktap.sh
lua_checks "$SUITE_DIR/lua/mtint.lua" "$SUITE_DIR"
finish
