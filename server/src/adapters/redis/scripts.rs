//! The Lua scripts: each is one atomic step on keys of one slot. A script's header describes its
//! arguments and answers, and why it may be repeated. `lua/prelude.lua` is put in front of every
//! script, so line numbers in Redis's errors count from the prelude's first line.

macro_rules! scripts {
    ($($folder:ident { $($name:ident = $file:literal;)* })*) => {$(
        #[doc = concat!("`lua/", stringify!($folder), "/`")]
        pub mod $folder {
            use std::sync::LazyLock;

            use redis::Script;

            $(
                #[doc = concat!("`lua/", stringify!($folder), "/", $file, ".lua`")]
                pub static $name: LazyLock<Script> = LazyLock::new(|| {
                    Script::new(concat!(
                        include_str!("../../../lua/prelude.lua"),
                        include_str!(concat!(
                            "../../../lua/", stringify!($folder), "/", $file, ".lua"
                        )),
                    ))
                });
            )*
        }
    )*};
}

scripts! {
    gate {
        CLOSE = "close";
        CONFIRM = "confirm";
        COUNT_IN_FLIGHT = "count_in_flight";
        LOAD = "load";
        NOTE_IN_FLIGHT = "note_in_flight";
        NOTE_PARKED = "note_parked";
        NOTE_QUIET = "note_quiet";
        PATH_UNANSWERED = "path_unanswered";
        RELEASE = "release";
        REPAIR = "repair";
        RESERVE = "reserve";
        TIME = "time";
        TRANSFER_FINISH = "transfer_finish";
        TRANSFER_GIVE = "transfer_give";
        TRANSFER_TAKE = "transfer_take";
        WARM_UP = "warm_up";
    }
    limits {
        COUNT = "count";
    }
    results {
        RECORD = "record";
    }
    outbox {
        FORWARD = "forward";
        GIVE_BACK = "give_back";
        RESEND = "resend";
        RETIRE = "retire";
        TAKE = "take";
    }
}
