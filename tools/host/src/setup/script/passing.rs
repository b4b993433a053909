// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Descriptors that travel through sockets.

use std::{
    io::{IoSlice, IoSliceMut},
    os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd},
};

use mlua::{Lua, LuaString, MultiValue, Value};
use nix::{
    errno::Errno,
    sys::socket::{
        cmsg_space, recvmsg, sendmsg, ControlMessage, ControlMessageOwned, MsgFlags, UnixAddr,
    },
};

use super::{
    calls::{Answer, Calls},
    values::Number,
    BUDGET,
};

/// A message, and the descriptor that has come with it.
struct Received {
    bytes: Vec<u8>,
    descriptor: Option<OwnedFd>,
}

impl Answer for Received {
    fn values(self, lua: &Lua) -> mlua::Result<MultiValue> {
        let number = self.descriptor.map_or(-1, IntoRawFd::into_raw_fd);
        let mut values = self.bytes.values(lua)?;
        values.push_back(Value::Integer(number.into()));
        Ok(values)
    }

    fn failure() -> MultiValue {
        [Value::Nil, Value::Integer(-1)].into_iter().collect()
    }
}

/// Adds them.
pub fn define(calls: &Calls<'_>) -> mlua::Result<()> {
    calls.add_global(
        "send_with_fd",
        |(socket, bytes, passed): (Number, LuaString, Number)| send(&socket, &bytes, &passed),
    )?;
    calls.add_global("receive_with_fd", |(socket, size): (Number, i64)| {
        receive(&socket, size)
    })
}

fn send(socket: &Number, bytes: &LuaString, passed: &Number) -> Result<i64, Errno> {
    let socket = socket.descriptor()?.as_raw_fd();
    let passed = [passed.descriptor()?.as_raw_fd()];
    let bytes = bytes.as_bytes();
    let count = sendmsg::<UnixAddr>(
        socket,
        &[IoSlice::new(&bytes)],
        &[ControlMessage::ScmRights(&passed)],
        MsgFlags::MSG_NOSIGNAL,
        None,
    )?;
    // CAST: A Lua string is shorter than 2^63 bytes.
    Ok(count as i64)
}

fn receive(socket: &Number, size: i64) -> Result<Received, Errno> {
    let socket = socket.descriptor()?.as_raw_fd();
    let size = usize::try_from(size).map_err(|_| Errno::EINVAL)?;
    let mut bytes = vec![0; size.min(BUDGET)];
    let mut control = vec![0; cmsg_space::<RawFd>()];
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<UnixAddr>(socket, &mut parts, Some(&mut control), flags)?;
    let count = message.bytes;
    let mut descriptors = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(numbers) = control {
            for number in numbers {
                // SAFETY: The call has just made this descriptor, and nothing else owns it.
                descriptors.push(unsafe { OwnedFd::from_raw_fd(number) });
            }
        }
    }
    bytes.truncate(count);
    Ok(Received {
        bytes,
        // The buffer has room for two because of its alignment. All but the first are closed here.
        descriptor: descriptors.into_iter().next(),
    })
}
