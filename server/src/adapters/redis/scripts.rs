//! The Lua scripts: each one atomic step on the keys of one segment. What a script takes, answers,
//! and why it may be repeated, is written at its head.

use std::sync::LazyLock;

use redis::Script;

macro_rules! scripts {
    ($($name:ident = $file:literal;)*) => {$(
        #[doc = concat!("`lua/", $file, ".lua`")]
        pub static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(include_str!(concat!("../../../lua/", $file, ".lua"))));
    )*};
}

scripts! {
    CLOCK = "clock";
    CLOSE = "close";
    CONFIRM = "confirm";
    COUNT = "count";
    FORGET = "forget";
    GIVE = "give";
    LOAD = "load";
    OUTBOX_FORWARD = "outbox_forward";
    OUTBOX_RETIRE = "outbox_retire";
    OUTBOX_TAKE = "outbox_take";
    QUIET = "quiet";
    RELEASE = "release";
    REPAIR = "repair";
    RESEND = "resend";
    RESERVE = "reserve";
    TAKE = "take";
    WARM_UP = "warm_up";
}
