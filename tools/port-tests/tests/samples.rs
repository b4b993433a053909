// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What samples for profiles say of the code that runs.

use port_tests::{run, SEGMENTS};

#[test]
fn samples_name_calls_as_tracebacks_do() {
    let output = run(SEGMENTS, &[], "samples.lua");
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "\
a loop: main chunk samples.lua;loops samples.lua:9
a C function that has returned: main chunk samples.lua;calls_c samples.lua:17;ask [C]
a C function that attends: main chunk samples.lua;Global samples.lua:23;rep [C]
a loop: main chunk samples.lua;coroutine_body [C];function samples.lua:31;loops samples.lua:9
nested coroutines: main chunk samples.lua;resume [C];function samples.lua:36;resume [C];function samples.lua:37
called by C: main chunk samples.lua;pcall [C];string.gsub [C];function samples.lua:51
a tail call: main chunk samples.lua;function samples.lua:57
a metamethod: main chunk samples.lua;index samples.lua:69
a closing method: main chunk samples.lua;close samples.lua:75
a finalizer: main chunk samples.lua;collectgarbage [C];__gc samples.lua:81
names: main chunk samples.lua;main chunk a?b?c;f samples.lua:96
a text: main chunk samples.lua;main chunk [string \"return 'a text'...\"]
a long name: main chunk samples.lua;main chunk ...glonglonglonglonglonglonglonglonglonglonglonglonglongEND
a recursion: 127 calls, cut
a hook: main chunk samples.lua;? samples.lua:122
done
"
    );
}
